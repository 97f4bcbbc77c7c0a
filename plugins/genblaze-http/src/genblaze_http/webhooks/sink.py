"""`WebhookSink`: tells an address that a run has ended, as a sink among others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze import BaseSink
from genblaze_http.webhooks.config import WebhookConfig
from genblaze_http.webhooks.notifier import WebhookNotifier

if TYPE_CHECKING:
    from genblaze import Manifest, Run


class WebhookSink(BaseSink):
    """Posts `pipeline.completed` or `pipeline.failed` for each run; the run does not wait for the receiver.

    Behind a store in a list of sinks, it tells when everything is stored.

    Args:
        config: Where to.
    """

    _close_with_run = False

    def __init__(self, config: WebhookConfig) -> None:
        self._notifier = WebhookNotifier(config)

    def write_run(self, run: Run, manifest: Manifest) -> None:
        """Have the receiver told."""
        self._notifier.notify_run(run, manifest)

    def close(self) -> None:
        """Wait a few seconds for deliveries that are due, and take no more."""
        self._notifier.close()
