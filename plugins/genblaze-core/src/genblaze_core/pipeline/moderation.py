"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.moderation import ModerationHook, ModerationResult

__all__ = ["ModerationHook", "ModerationResult"]
