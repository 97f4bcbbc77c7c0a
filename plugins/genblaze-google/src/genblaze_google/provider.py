"""The published import path of `VeoProvider`."""

from genblaze_google.veo import VeoProvider

__all__ = ["VeoProvider"]
