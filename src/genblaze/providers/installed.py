"""The provider classes that installed packages offer."""

from __future__ import annotations

import inspect
import logging
from pkgutil import resolve_name
from typing import Any

from genblaze.plugins import default_plugins
from genblaze.plugins.claims import PUBLISHED_GROUP
from genblaze.providers.provider import BaseProvider

logger = logging.getLogger("genblaze.discovery")

__all__ = ["CREDENTIAL_KWARGS", "ENTRY_POINT_GROUP", "discover_providers", "instantiate_with_credential"]

ENTRY_POINT_GROUP: str = PUBLISHED_GROUP
"""The group that published connectors register their classes in."""

CREDENTIAL_KWARGS = ("api_key", "api_token", "api_secret", "auth_token", "token")
"""What constructors call a credential, in the order of trying."""


def discover_providers() -> dict[str, type[BaseProvider]]:
    """The classes by the providers' names; what cannot be imported or is no provider is logged and left out.

    A provider that is no class has none here; a pipeline takes it by name, and `genblaze plugins` lists it.
    """
    offers = default_plugins().capabilities("generate")
    found = {offer.key: _class_at(offer.provider, offer.key) for offer, _ in offers if offer.provider}
    return {key: kind for key, kind in found.items() if kind is not None}


def _class_at(path: str, key: str) -> type[BaseProvider] | None:
    try:
        kind = resolve_name(path)
    except Exception as error:  # noqa: BLE001 - third-party code: a broken package hides no other
        logger.warning("Provider %s could not be imported: %s", key, error)
        return None
    if inspect.isclass(kind) and issubclass(kind, BaseProvider):
        return kind
    logger.warning("Provider %s is no subclass of BaseProvider: %r", key, kind)
    return None


def instantiate_with_credential(cls: type[BaseProvider], credential: str = "test-key", **extra: Any) -> BaseProvider:
    """Make a provider without knowing what its constructor calls the credential; one that takes none gets none."""
    known = inspect.signature(cls).parameters
    name = next((name for name in CREDENTIAL_KWARGS if name in known), None)
    given: dict[str, Any] = extra if name is None else {name: credential, **extra}
    return cls(**given)
