"""A published import path. Generated from published_names.txt by tools/facade.py."""

__all__ = []
