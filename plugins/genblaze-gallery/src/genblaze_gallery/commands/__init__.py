"""The commands; each in a module of its own."""

from __future__ import annotations

from genblaze_gallery.commands.index import index
from genblaze_gallery.commands.lineage import lineage
from genblaze_gallery.commands.report import report
from genblaze_gallery.commands.search import search

__all__ = ["COMMANDS"]

COMMANDS = (report, index, search, lineage)
