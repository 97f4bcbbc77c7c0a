"""Offline genblaze providers that make real media: pictures, sound and video, without a key or a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze_local.audio import LocalAudioProvider as LocalAudioProvider
    from genblaze_local.image import LocalImageProvider as LocalImageProvider
    from genblaze_local.paid import LocalPaidProvider as LocalPaidProvider
    from genblaze_local.video import LocalVideoProvider as LocalVideoProvider

__all__ = ["LocalAudioProvider", "LocalImageProvider", "LocalPaidProvider", "LocalVideoProvider"]

__getattr__, __dir__, _ = loads_at_first_use(
    __name__,
    {
        "genblaze_local.audio": "LocalAudioProvider",
        "genblaze_local.image": "LocalImageProvider",
        "genblaze_local.paid": "LocalPaidProvider",
        "genblaze_local.video": "LocalVideoProvider",
    },
)
