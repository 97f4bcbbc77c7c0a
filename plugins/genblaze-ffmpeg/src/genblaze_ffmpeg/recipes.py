"""A recipe: what ffmpeg does with its inputs, as arguments. Operations write them, the provider carries them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from genblaze_ffmpeg.formats import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genblaze_ffmpeg.sources import Source

#: No dates, versions and random numbers: equal inputs give equal bytes.
_REPEATABLE: Final = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """One call of ffmpeg.

    Attributes:
        format: What comes out.
        inputs: What goes in, each with options of its own.
        graph: The filters, with `[video]` and `[audio]` for what comes out of them; none where nothing is filtered.
        streams: What comes out: labels of the graph, or streams of inputs (`0:a:0`).
        coding: How it is coded.
        seconds: How long the output is, as far as that is known.
        limit: Seconds after which the output is cut; None lets it run.
        texts: Files that filters read from the working folder.
    """

    format: Format
    inputs: tuple[tuple[Source, tuple[str, ...]], ...]
    graph: str = ""
    streams: tuple[str, ...] = ()
    coding: tuple[str, ...] = ()
    seconds: float | None = None
    limit: float | None = None
    texts: dict[str, str] = {}

    def arguments(self, threads: int, target: str) -> list[str]:
        """The command line behind the program's name, to write to `target`."""
        threaded = ["-threads", str(threads), "-filter_threads", str(threads), "-filter_complex_threads", str(threads)]
        return [
            *("-loglevel", "info", "-progress", "pipe:1"),
            *(word for source, options in self.inputs for word in source.arguments(*options)),
            *(("-filter_complex", self.graph) if self.graph else ()),
            *(word for stream in self.streams for word in ("-map", stream)),
            *self.coding,
            *(() if self.limit is None else ("-t", f"{self.limit:.6f}")),
            *threaded,
            *_REPEATABLE,
            *self.format.muxing,
            *("-f", self.format.muxer, f"file:{target}"),
        ]


def filtered_video(chain: str, output: Format) -> str:
    """A graph that ends in `[video]`, with what the output's format needs behind it."""
    return f"{chain}{',' if output.palette and chain else ''}{output.palette}[video]"


def taken_over(codec: str | None, output: Format, kind: str) -> tuple[str, ...]:
    """How a stream that nobody changed is coded: taken over where the format holds its codec.

    Args:
        codec: What it is coded with; None where there is no such stream.
        output: The format.
        kind: `v` or `a`.
    """
    if codec is None:
        return ()
    if codec in output.copies:
        return (f"-c:{kind}", "copy")
    if kind == "a":
        return output.audio
    return (*output.video, *(("-vf", output.fitting) if output.fitting else ()))


def least(durations: Sequence[float | None]) -> float | None:
    """The shortest of some durations; None unless all are known."""
    known = [each for each in durations if each is not None]
    return min(known) if len(known) == len(durations) else None
