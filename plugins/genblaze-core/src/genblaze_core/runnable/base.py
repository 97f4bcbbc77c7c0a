"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.runnable import Runnable

__all__ = ["Runnable"]
