"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.pipeline.prompt_template import PromptTemplate

__all__ = ["PromptTemplate"]
