"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.mocks import MockAudioProvider, MockProvider, MockVideoProvider

__all__ = ["MockAudioProvider", "MockProvider", "MockVideoProvider"]
