"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.params import ParamSurface, modality_defaults, register_modality_default

__all__ = ["ParamSurface", "modality_defaults", "register_modality_default"]
