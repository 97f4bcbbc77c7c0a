"""`AcmeVarietyEvaluator`: refuses pictures that show nothing."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from genblaze import EvaluationResult, Evaluator, PipelineResult

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_PIXELS = 1 << 28  # bytes; a small file may claim to hold any number


class AcmeVarietyEvaluator(Evaluator):
    """Passes a picture in whose pixels enough different values occur.

    Args:
        least: Share of the 256 values that must occur.
    """

    def __init__(self, least: float = 0.1) -> None:
        self.least = least

    def evaluate(self, result: PipelineResult) -> EvaluationResult:
        """Judge the last picture of the run. Runs in a thread, so it may take its time."""
        path = result.local_path(result.run.steps[-1].assets[0])
        if path is None:
            return EvaluationResult(passed=False, score=0.0, feedback="the picture is not on this machine")
        try:
            score = variety(path.read_bytes())
        except (OSError, ValueError, struct.error, zlib.error) as error:
            return EvaluationResult(passed=False, score=0.0, feedback=f"the picture cannot be read: {error}")
        if score < self.least:
            return EvaluationResult(passed=False, score=score, feedback="the picture is nearly of one colour: say more")
        return EvaluationResult(passed=True, score=score)


def variety(content: bytes) -> float:
    """Share of the 256 values that occur in the pixels of a PNG file.

    Raises:
        ValueError: It is none.
    """
    if not content.startswith(SIGNATURE):
        msg = "it is no PNG"
        raise ValueError(msg)
    packed = b"".join(data for kind, data in _chunks(content) if kind == b"IDAT")
    pixels = zlib.decompressobj().decompress(packed, MAX_PIXELS)
    return len(set(pixels)) / 256


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of each chunk (RFC 2083, section 3.2)."""
    at = len(SIGNATURE)
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        yield kind, content[at + 8 : at + 8 + length]
        at += length + 12
