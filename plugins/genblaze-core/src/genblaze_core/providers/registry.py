"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.installed import (
    CREDENTIAL_KWARGS,
    ENTRY_POINT_GROUP,
    discover_providers,
    instantiate_with_credential,
)

__all__ = ["CREDENTIAL_KWARGS", "ENTRY_POINT_GROUP", "discover_providers", "instantiate_with_credential"]
