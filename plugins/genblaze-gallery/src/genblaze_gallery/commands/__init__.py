"""The commands; each in a module of its own."""

from __future__ import annotations

from genblaze_gallery.commands.report import report

__all__ = ["COMMANDS"]

COMMANDS = (report,)
