"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.runnable import RunnableConfig

__all__ = ["RunnableConfig"]
