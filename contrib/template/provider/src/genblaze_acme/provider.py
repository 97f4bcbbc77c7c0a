"""`AcmeProvider`: a prompt becomes a picture."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib

from genblaze import (
    Asset,
    Modality,
    ProviderCapabilities,
    ProviderError,
    ProviderErrorCode,
    RunnableConfig,
    Step,
    SyncProvider,
)

SIDE = 64  # pixels


class AcmeProvider(SyncProvider):
    """Makes pictures of one colour, which the prompt decides."""

    name = "acme"

    def get_capabilities(self) -> ProviderCapabilities:
        """Pictures from text."""
        return ProviderCapabilities(supported_modalities=[Modality.IMAGE], supported_inputs=["text"])

    def generate(self, step: Step, config: RunnableConfig | None = None) -> Step:  # noqa: ARG002 - nothing to wait for
        """Make the picture; genblaze writes the file, hashes it and records it.

        Raises:
            ProviderError: The step has no prompt.
        """
        if not step.prompt:
            msg = f"{self.name} needs a prompt"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
        content = base64.b64encode(picture(step.prompt)).decode("ascii")
        step.assets.append(Asset(url=f"data:image/png;base64,{content}", media_type="image/png"))
        return step


def picture(prompt: str) -> bytes:
    """A PNG file (RFC 2083) of one colour: 8 bits each of red, green and blue."""
    colour = hashlib.sha256(prompt.encode()).digest()[:3]
    rows = (b"\0" + colour * SIDE) * SIDE  # each row begins with its filter: none
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
