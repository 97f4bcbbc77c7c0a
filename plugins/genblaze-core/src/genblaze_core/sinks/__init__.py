"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.sinks import BaseSink

__all__ = ["BaseSink"]
