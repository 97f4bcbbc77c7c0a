"""Tags behind audio (ID3v1, APEv2, Lyrics3, ID3v2 with a footer): only where they begin, so where the audio ends.

Format: ID3v1 (id3.org), APEv2 (wiki.hydrogenaud.io, "APE Tags Header"), Lyrics3 and Lyrics3v2 (id3.org), ID3 tag
version 2.4.0 §3.4 (footer).
"""

from __future__ import annotations

from genblaze.layout import Reader

_MAX_TAGS = 8
_ID3V1 = 128
_APE_FOOTER = 32
_LYRICS_TAIL = 15
_LYRICS3V1_MOST = 5100


def audio_end(reader: Reader, start: int, end: int | None = None) -> int:
    """Where audio that begins at `start` ends, in front of any tags; never before `start`."""
    end = reader.size if end is None else end
    for _ in range(_MAX_TAGS):
        before = _tag_start(reader, end)
        if before is None or before < start:
            break
        end = before
    return max(start, end)


def _tag_start(reader: Reader, end: int) -> int | None:
    if end >= _ID3V1 and reader.read_at(end - _ID3V1, 3) == b"TAG":
        return end - _ID3V1
    tail = reader.read_at(max(0, end - _APE_FOOTER), min(end, _APE_FOOTER))
    if tail[:8] == b"APETAGEX":
        has_header = tail[23] & 0x80
        return end - int.from_bytes(tail[12:16], "little") - (_APE_FOOTER if has_header else 0)
    if tail.endswith(b"LYRICS200") and tail[-_LYRICS_TAIL:-9].isdigit():
        return end - _LYRICS_TAIL - int(tail[-_LYRICS_TAIL:-9])
    if tail.endswith(b"LYRICSEND"):
        begin = max(0, end - _LYRICS3V1_MOST)
        found = reader.read_at(begin, end - begin).rfind(b"LYRICSBEGIN")
        return begin + found if found >= 0 else None
    if tail[-10:-7] == b"3DI" and max(tail[-4:]) < 0x80:
        size = 0
        for byte in tail[-4:]:
            size = size << 7 | byte
        return end - size - 20
    return None
