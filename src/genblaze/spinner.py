"""`Spinner`: one line of progress on a terminal, for programs that were written for the published class of this name.

`run(progress=True)` draws more; see `genblaze.liveview`.
"""

from __future__ import annotations

import sys
from time import monotonic
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from genblaze.models.event import ProgressEvent

__all__ = ["Spinner"]

_TURNS = "|/-\\"
_WIDTH = 78


class Spinner:
    """Shows the step that runs, in place; silent where the stream is no terminal.

    It is an `on_progress` callback, and may be used as a context manager.

    Args:
        stream: Where to write; stderr unless given.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._turn = 0
        self._shown = False
        self._what = ""
        self._began = monotonic()

    def __enter__(self) -> Self:
        """Begin."""
        self.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        """End."""
        self.stop()

    def __call__(self, event: ProgressEvent) -> None:
        """Show progress; what `on_progress` callbacks hear."""
        share = "" if event.progress_pct is None else f" {event.progress_pct:.0%}"
        self._show(f"{event.provider}/{event.model} {event.status}{share} {event.elapsed_sec:.0f} s")

    def start(self) -> None:
        """Begin to show."""
        self._began = monotonic()

    def step_starting(
        self,
        provider: str,
        model: str,
        prompt: str | None = None,
        *,
        step_index: int | None = None,
        total: int | None = None,
    ) -> None:
        """Show that a step begins."""
        place = "" if step_index is None or total is None else f"{step_index + 1}/{total} "
        self._what = f"{place}{provider}/{model}"
        self._began = monotonic()
        self._show(f"{self._what} {prompt or ''}".rstrip())

    def step_done(self, ok: bool) -> None:
        """Leave a line that says how the step ended."""
        self._erase()
        self._write(f"{'done' if ok else 'failed'}  {self._what}  {monotonic() - self._began:.1f} s\n")

    def stop(self) -> None:
        """Show nothing more."""
        self._erase()

    def _show(self, text: str) -> None:
        self._erase()
        self._turn = (self._turn + 1) % len(_TURNS)
        plain = "".join(character if character.isprintable() else " " for character in text)
        self._write(f"{_TURNS[self._turn]} {plain}"[:_WIDTH])
        self._shown = True

    def _erase(self) -> None:
        if self._shown:
            self._write(f"\r{' ' * _WIDTH}\r")
        self._shown = False

    def _write(self, text: str) -> None:
        if self._stream.isatty():
            self._stream.write(text)
            self._stream.flush()
