"""The published import path of `SoraProvider`."""

from genblaze_openai.sora import SoraProvider

__all__ = ["SoraProvider"]
