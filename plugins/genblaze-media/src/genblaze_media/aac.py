"""AAC in ADTS frames: the manifest is a `TXXX` frame of an ID3v2 tag in front, see `id3_manifest`.

HLS puts ID3 tags in front of such streams (RFC 8216 §3.4), and players skip them. The published genblaze packages
read this manifest too, as they take any file that begins with a tag for an MP3; they cannot write it.
"""

from __future__ import annotations

from typing import Any

from genblaze.layout import Copy, EditPlan, Layout, Reader
from genblaze_media.adts import adts_facts, is_adts
from genblaze_media.id3_manifest import plan_tag, read_head, tagged_layout
from genblaze_media.trailing_tags import audio_end


def inspect_media(reader: Reader) -> Layout | None:
    """Find our frames and the audio; None where no ADTS frame follows the tag."""
    head = read_head(reader)
    start = head.content_at
    if not is_adts(reader, start):
        return None
    audio = Copy(start, audio_end(reader, start) - start)
    return tagged_layout(reader, head, "audio/aac", audio, adts_facts(reader, start))


def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Put the two frames into the ID3v2 tag; refuses a tag that would not come back byte for byte."""
    return plan_tag(layout, payload, record)
