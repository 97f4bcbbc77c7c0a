"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze_http import WebhookConfig, WebhookEvent, WebhookNotifier

__all__ = ["WebhookConfig", "WebhookEvent", "WebhookNotifier"]
