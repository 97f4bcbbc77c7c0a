"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze_http import WebhookSink

__all__ = ["WebhookSink"]
