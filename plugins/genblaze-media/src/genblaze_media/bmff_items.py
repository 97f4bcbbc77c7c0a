"""What the item boxes of an AVIF or HEIF image state: the size of its primary item, and media data kept inside.

Format: ISO/IEC 14496-12 §8.11 (`meta`, `pitm`, `idat`), §12.1.4 (`clap`); ISO/IEC 23008-12 §6.5.3 (`ispe`), §9.3
(`iprp`).
"""

from __future__ import annotations

import struct
from typing import Any

from genblaze.layout import Copy
from genblaze_media.bmff_boxes import Box, BoxWalk

_MAX_ASSOCIATIONS = 1024 * 1024
_FULL_BOX = 4


def item_facts(walk: BoxWalk, meta: Box) -> dict[str, Any]:
    """`width` and `height` of the primary item, cropped as it asks for; a rotation is left to who shows it."""
    parts = {each.kind: each for each in walk.children(meta, _FULL_BOX)}
    primary = _primary_item(walk.content(parts.get(b"pitm"), 8))
    properties = parts.get(b"iprp")
    container = walk.child(properties, b"ipco")
    associations = walk.content(walk.child(properties, b"ipma"), _MAX_ASSOCIATIONS)
    if primary is None or container is None:
        return {}
    numbers = _properties_of(associations, primary)
    own = {each.kind: each for index, each in enumerate(walk.children(container), start=1) if index in numbers}
    width, height = _cropped(walk.content(own.get(b"clap"), 16)) or _extent(walk.content(own.get(b"ispe"), 12))
    return {"width": width, "height": height} if width and height else {}


def _extent(size: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", size, 4) if len(size) == 12 else (0, 0)
    return width, height


def _cropped(aperture: bytes) -> tuple[int, int] | None:
    """Size of a clean aperture, which encoders use where the coded size is a multiple of their blocks."""
    if len(aperture) < 16:
        return None
    width, width_unit, height, height_unit = struct.unpack(">4I", aperture)
    return (width // width_unit, height // height_unit) if width_unit and height_unit else None


def item_data(walk: BoxWalk, meta: Box) -> list[Copy]:
    """Ranges of coded items that lie in the `meta` box itself."""
    kept = (each for each in walk.children(meta, _FULL_BOX) if each.kind == b"idat")
    return [Copy(each.body, each.end - each.body) for each in kept if each.end > each.body]


def _primary_item(content: bytes) -> int | None:
    length = 8 if content[:1] not in (b"", b"\0") else 6
    return int.from_bytes(content[4:length]) if len(content) >= length else None


def _properties_of(table: bytes, item: int) -> set[int]:
    """Numbers of an item's properties, counted from 1, out of the content of `ipma`."""
    if len(table) < 8:
        return set()
    wide_items, wide_numbers = table[0] >= 1, table[3] & 1
    count, at = int.from_bytes(table[4:8]), 8
    entry = struct.Struct(">IB" if wide_items else ">HB")
    width = 2 if wide_numbers else 1
    for _ in range(count):
        if at + entry.size > len(table):
            break
        found, numbers = entry.unpack_from(table, at)
        at += entry.size
        if found == item:
            mask = 0x7FFF if wide_numbers else 0x7F
            places = range(at, min(at + numbers * width, len(table)), width)
            return {int.from_bytes(table[place : place + width]) & mask for place in places}
        at += numbers * width
    return set()
