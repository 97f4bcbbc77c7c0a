"""The provider classes that installed packages offer under the published entry-point group."""

from __future__ import annotations

import inspect
import logging
from typing import Any

from genblaze.plugins.claims import PUBLISHED_GROUP, find_claims
from genblaze.providers.provider import BaseProvider

logger = logging.getLogger("genblaze.discovery")

__all__ = ["CREDENTIAL_KWARGS", "ENTRY_POINT_GROUP", "discover_providers", "instantiate_with_credential"]

ENTRY_POINT_GROUP: str = PUBLISHED_GROUP
"""The group that published connectors register their classes in."""

CREDENTIAL_KWARGS = ("api_key", "api_token", "api_secret", "auth_token", "token")
"""What constructors call a credential, in the order of trying."""


def discover_providers() -> dict[str, type[BaseProvider]]:
    """The classes by the names of their entry points; what cannot be imported or is no provider is logged and left out.

    Plugins of the group `genblaze` need no class; a pipeline takes them by name, and `genblaze plugins` lists them.
    """
    found = {}
    for claim in find_claims(ENTRY_POINT_GROUP):
        try:
            kind = claim.load()
        except Exception as error:  # noqa: BLE001 - third-party code: a broken package hides no other
            logger.warning("Provider %s could not be imported: %s", claim.name, error)
            continue
        if inspect.isclass(kind) and issubclass(kind, BaseProvider):
            found[claim.name] = kind
        else:
            logger.warning("Provider %s is no subclass of BaseProvider: %r", claim.name, kind)
    return found


def instantiate_with_credential(cls: type[BaseProvider], credential: str = "test-key", **extra: Any) -> BaseProvider:
    """Make a provider without knowing what its constructor calls the credential; one that takes none gets none."""
    known = inspect.signature(cls).parameters
    name = next((name for name in CREDENTIAL_KWARGS if name in known), None)
    given: dict[str, Any] = extra if name is None else {name: credential, **extra}
    return cls(**given)
