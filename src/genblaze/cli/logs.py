"""What the library logs, on stderr; loguru is imported when there is a first thing to say."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["logging_to_stderr"]

FORMAT = "<level>{level}</level>: {message}"
LOGURU_DEFAULT_SINK = 0


@contextlib.contextmanager
def logging_to_stderr() -> Iterator[None]:
    """Show the library's warnings, and the JSON lines of its tracer, to whoever runs the command.

    Logging is left as it was afterwards.
    """
    library = logging.getLogger("genblaze")
    handler, level, propagated = _ToLoguru(), library.level, library.propagate
    library.addHandler(handler)
    library.setLevel(logging.INFO)
    library.propagate = False
    try:
        yield
    finally:
        library.propagate = propagated
        library.setLevel(level)
        library.removeHandler(handler)
        handler.close()


class _ToLoguru(logging.Handler):
    """Hands records of the standard library's logging to loguru."""

    _sink: int | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a warning as one line to stderr, with the traceback below it; a tracer's line of JSON as it is."""
        from genblaze.tracing import STRUCTURED

        if getattr(record, STRUCTURED, False):
            _write(f"{record.getMessage()}\n")
        elif record.levelno >= logging.WARNING:
            self._warn(record)

    def _warn(self, record: logging.LogRecord) -> None:
        from loguru import logger

        if self._sink is None:
            with contextlib.suppress(ValueError):  # it may be gone already
                logger.remove(LOGURU_DEFAULT_SINK)
            self._sink = logger.add(_write, format=FORMAT, colorize=sys.stderr.isatty())
        logger.opt(exception=record.exc_info).log(record.levelname, record.getMessage())

    def close(self) -> None:
        """Take back the sink."""
        if self._sink is not None:
            from loguru import logger

            logger.remove(self._sink)
            self._sink = None
        super().close()


def _write(text: str) -> None:
    """Look stderr up at each line, for it may have been exchanged."""
    sys.stderr.write(text)
