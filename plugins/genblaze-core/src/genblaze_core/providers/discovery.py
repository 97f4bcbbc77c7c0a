"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.discovery import DEFAULT_TTL_SECONDS, DiscoveryResult, DiscoveryStatus

__all__ = ["DEFAULT_TTL_SECONDS", "DiscoveryResult", "DiscoveryStatus"]
