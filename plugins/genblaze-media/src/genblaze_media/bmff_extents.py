"""Where the coded pictures of an AVIF or HEIF image lie; its other items, Exif and XMP, may be edited.

Format: ISO/IEC 14496-12 §8.11.3 (`iloc`), §8.11.6 (`iinf`), §8.11.11 (`idat`).
"""

from __future__ import annotations

from collections.abc import Iterator

from genblaze.layout import BytesReader, Copy, Cursor, LayoutError
from genblaze_media.bmff_boxes import Box, BoxWalk

_FULL_BOX = 4
_MAX_TABLE = 256 * 1024
_METADATA = (b"Exif", b"mime", b"uri ")
_IN_FILE, _IN_META = 0, 1


def coded_pictures(walk: BoxWalk, meta: Box) -> list[Copy] | None:
    """Ranges of all items but metadata, in order and none twice; None where the boxes do not say, or say it wrongly."""
    parts = {each.kind: each for each in walk.children(meta, _FULL_BOX)}
    table, inside = walk.content(parts.get(b"iloc"), _MAX_TABLE), parts.get(b"idat")
    try:
        kinds = dict(_kinds(walk, parts.get(b"iinf")))
        places = [place for item, place in _places(table, inside) if kinds[item] not in _METADATA]
    except (LayoutError, KeyError):
        return None
    return _united(places) if all(each.offset + each.length <= walk.reader.size for each in places) else None


def _kinds(walk: BoxWalk, infos: Box | None) -> Iterator[tuple[int, bytes]]:
    """Number and four-letter type of each item."""
    if infos is None:
        return
    wide = walk.content(infos, 1) != b"\0"
    for each in walk.children(infos, _FULL_BOX + (4 if wide else 2)):
        entry = Cursor(BytesReader(walk.content(each, 16)))
        version = entry.u32be("the item's version") >> 24
        item = entry.u32be("the item's number") if version > 2 else entry.u16be("the item's number")
        entry.skip(2, "the item's protection")
        yield item, entry.take(4, "the item's type")


def _places(table: bytes, inside: Box | None) -> Iterator[tuple[int, Copy]]:
    """Number and range of each extent of each item.

    Raises:
        LayoutError: The table is cut, or has an extent that lies neither in the file nor in the `meta` box.
    """
    cursor = Cursor(BytesReader(table))
    version = cursor.u32be("the version of iloc") >> 24
    sizes = cursor.u16be("the sizes of iloc")
    of_offset, of_length, of_base, of_index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 2 if version < 2 else 4
    for _ in range(_number(cursor, wide)):
        item = _number(cursor, wide)
        start = _start(cursor.u16be("the method of an item") & 15 if version else _IN_FILE, inside)
        cursor.skip(2, "the data reference of an item")
        start += _number(cursor, of_base)
        for _ in range(_number(cursor, 2)):
            cursor.skip(of_index if version else 0, "the index of an extent")
            offset, length = _number(cursor, of_offset), _number(cursor, of_length)
            if not length:
                msg = "an extent is as long as what it lies in"
                raise LayoutError(msg)
            yield item, Copy(start + offset, length)


def _number(cursor: Cursor, length: int) -> int:
    return int.from_bytes(cursor.take(length, "a number of iloc"))


def _start(method: int, inside: Box | None) -> int:
    if method == _IN_META and inside is not None:
        return inside.body
    if method != _IN_FILE:
        msg = "an item is made of others"
        raise LayoutError(msg)
    return 0


def _united(places: list[Copy]) -> list[Copy]:
    united: list[Copy] = []
    for each in sorted(places, key=lambda place: place.offset):
        last = united[-1] if united else None
        if last is not None and each.offset <= last.offset + last.length:
            end = max(last.offset + last.length, each.offset + each.length)
            united[-1] = Copy(last.offset, end - last.offset)
        else:
            united.append(each)
    return united
