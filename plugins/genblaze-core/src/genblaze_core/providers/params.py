"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.providers.params import ParamSurface, modality_defaults, register_modality_default

__all__: list[str] = ["ParamSurface", "modality_defaults", "register_modality_default"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
