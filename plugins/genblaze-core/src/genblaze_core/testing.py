"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.mocks import MockAudioProvider, MockProvider, MockVideoProvider
from genblaze.testing import ProviderComplianceTests

__all__ = ["MockAudioProvider", "MockProvider", "MockVideoProvider", "ProviderComplianceTests"]
