"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.mocks import MockAudioProvider, MockProvider, MockVideoProvider
from genblaze.testing import ProviderComplianceTests

__all__: list[str] = ["MockAudioProvider", "MockProvider", "MockVideoProvider", "ProviderComplianceTests"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
