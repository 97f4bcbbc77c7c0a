"""What the library logs, on stderr; loguru is imported when there is a first thing to say."""

from __future__ import annotations

import logging
import sys

__all__ = ["log_to_stderr"]

FORMAT = "<level>{level}</level>: {message}"


def _write(text: str) -> None:
    """Look stderr up at each line, for it may have been exchanged."""
    sys.stderr.write(text)


class _ToLoguru(logging.Handler):
    """Hands records of the standard library's logging to loguru."""

    _ready = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line to stderr, and the traceback below it if the record has one."""
        from loguru import logger

        if not self._ready:
            logger.remove()
            logger.add(_write, format=FORMAT, colorize=sys.stderr.isatty())
            self._ready = True
        logger.opt(exception=record.exc_info).log(record.levelname, record.getMessage())


def log_to_stderr() -> None:
    """Show the library's warnings to whoever runs the command; may be called again."""
    library = logging.getLogger("genblaze")
    if not any(isinstance(handler, _ToLoguru) for handler in library.handlers):
        library.addHandler(_ToLoguru(logging.WARNING))
        library.propagate = False
