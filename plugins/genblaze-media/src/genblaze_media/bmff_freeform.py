"""The iTunes freeform atom `----:genblaze:manifest`: found, and taken out again; never written.

The published packages write it, with mutagen, where a caller names the type `audio/mp4`. Format: QuickTime File
Format, "Metadata"; the atoms `mean`, `name` and `data` as iTunes writes them.
"""

from __future__ import annotations

from msgspec import Struct

from genblaze.layout import MAX_PAYLOAD, Edit
from genblaze_media.bmff_boxes import HEAD, Box, BoxWalk

_FULL_BOX = 4
_DATA_FIELDS = 8


class Freeform(Struct, frozen=True):
    """The atom: its JSON (None: too large to be read), and the edits that take it out.

    Attributes:
        payload: The manifest.
        blanked: Its room becomes padding behind the tags, as it was if they had padding before.
        shrunk: Its room and the padding go, as they came if there was no padding before; None where that
            would move media data.
    """

    payload: bytes | None
    blanked: tuple[Edit, ...]
    shrunk: tuple[Edit, ...] | None


def find_freeform(walk: BoxWalk, movie: Box, *, movable: bool) -> Freeform | None:
    """The atom in a movie box; `movable` where no media data lie behind that box."""
    user = walk.child(movie, b"udta")
    meta = walk.child(user, b"meta")
    if user is None or meta is None:
        return None
    skip = 0 if walk.content(meta, 8)[4:] == b"hdlr" else _FULL_BOX  # in QuickTime it has no version
    tags, padding = _tags(walk, meta, skip)
    if tags is None:
        return None
    for atom in walk.children(tags):
        if atom.kind == b"----" and _is_manifest(walk, atom):
            parents = (movie, user, meta, tags)
            fits = movable and all(each.header == HEAD.size and not each.is_open for each in parents)
            shrunk = _shrink(parents, atom, padding) if fits else None
            return Freeform(_payload(walk, atom), _blank(tags, atom, padding), shrunk)
    return None


def _tags(walk: BoxWalk, meta: Box, skip: int) -> tuple[Box | None, Box | None]:
    """The list of tags, and the padding right behind it."""
    tags = None
    for each in walk.children(meta, skip):
        if tags is not None:
            return tags, each if each.kind == b"free" and each.header == HEAD.size else None
        if each.kind == b"ilst" and each.header == HEAD.size and not each.is_open:
            tags = each
    return tags, None


def _is_manifest(walk: BoxWalk, atom: Box) -> bool:
    parts = {each.kind: each for each in walk.children(atom)}
    names = (walk.content(parts.get(kind), 32)[_FULL_BOX:] for kind in (b"mean", b"name"))
    return tuple(names) == (b"genblaze", b"manifest") and b"data" in parts


def _payload(walk: BoxWalk, atom: Box) -> bytes | None:
    data = walk.child(atom, b"data")
    if data is None or data.length > MAX_PAYLOAD:
        return None
    return walk.content(data, MAX_PAYLOAD)[_DATA_FIELDS:]


def _resized(of: Box, by: int) -> Edit:
    return Edit(of.offset, 4, (of.length + by).to_bytes(4))


def _blank(tags: Box, atom: Box, padding: Box | None) -> tuple[Edit, ...]:
    edits = [_resized(tags, -atom.length), Edit(atom.offset, atom.length)]
    if padding is None:
        room = HEAD.pack(atom.length, b"free") + bytes(atom.length - HEAD.size)
        return (*edits, Edit(tags.end, 0, room))
    return (*edits, _resized(padding, atom.length), Edit(padding.body, 0, bytes(atom.length)))


def _shrink(parents: tuple[Box, ...], atom: Box, padding: Box | None) -> tuple[Edit, ...]:
    gone = atom.length + (0 if padding is None else padding.length)
    movie, user, meta, tags = parents
    edits = [_resized(each, -gone) for each in (movie, user, meta)]
    edits += [_resized(tags, -atom.length), Edit(atom.offset, atom.length)]
    return (*edits, *(() if padding is None else (Edit(padding.offset, padding.length),)))
