"""The published import path of `Encryption`."""

from genblaze.storing import Encryption, EncryptionMode

__all__ = ["Encryption", "EncryptionMode"]
