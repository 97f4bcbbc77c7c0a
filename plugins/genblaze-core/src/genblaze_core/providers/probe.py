"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.discovery import ProbeResult, ProbeStatus

__all__ = ["ProbeResult", "ProbeStatus"]
