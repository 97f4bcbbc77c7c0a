"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.pipeline.cache import StepCache, step_cache_key

__all__ = ["StepCache", "step_cache_key"]
