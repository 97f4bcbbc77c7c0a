"""What a plugin's own tests begin with: the contracts that genblaze holds plugins to, ready to subclass."""

from __future__ import annotations

from genblaze.testing.providers import ProviderComplianceTests
from genblaze.testing.stores import StoreContract
from genblaze.testing.vendors import Answer, Received, VendorSimulator

__all__ = ["Answer", "ProviderComplianceTests", "Received", "StoreContract", "VendorSimulator"]
