"""Media types of ISO base media files, by the brands in their `ftyp` box, and the magic that tells them apart.

Brands: the registry of the MP4 Registration Authority (mp4ra.org); 3GPP TS 26.244 §5.4; ISO/IEC 23008-12 annex B and
§10.2; the AVIF specification §6; QuickTime File Format, "File Type Compatibility".
"""

from __future__ import annotations

from itertools import product

_BRANDS = {
    "video/quicktime": (b"qt  ",),
    "video/x-m4v": (b"M4V ", b"M4VH", b"M4VP"),
    "audio/mp4": (b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "),
    "image/avif": (b"avif", b"avis"),
    "image/heic": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
    "image/heif": (b"mif1", b"mif2", b"msf1"),
    "video/3gpp": (b"3gp", b"3ge", b"3gg", b"3gr", b"3gs"),
    "video/3gpp2": (b"3g2",),
}
_TYPES = {brand: media_type for media_type, brands in _BRANDS.items() for brand in brands}
_GENERAL_IMAGE = "image/heif"
_FTYP = "????????" + b"ftyp".hex()

ANY_BRAND = (_FTYP, "????????" + b"styp".hex())
"""Magic of files with any brand."""

BARE_QUICKTIME = tuple(
    size + kind.encode().hex()
    for size, kind in [
        ("00??????", "moov"), ("????????", "mdat"), ("00000008", "wide"), ("00??????", "free"), ("00??????", "skip"),
        ("00000014", "pnot"),
    ]
)  # fmt: skip
"""Magic of QuickTime files from before there was `ftyp`."""


def magic_of(media_type: str) -> tuple[str, ...]:
    """Magic of files whose main brand is one of a media type's."""
    return tuple(_FTYP + brand.hex() for brand in _BRANDS[media_type])


def magic_of_compatible(media_type: str) -> tuple[str, ...]:
    """Magic of images whose main brand is a general one, and that name one of a media type's among the next few."""
    return tuple(
        _FTYP + general.hex() + "????????" * (1 + place) + brand.hex()
        for general, place, brand in product((b"mif1", b"msf1"), range(4), _BRANDS[media_type][:1])
    )


def media_type_of(content: bytes, *, has_video: bool, has_audio: bool) -> str:
    """The media type that the content of `ftyp` names; where its brands are general ones, by the tracks.

    Args:
        content: The main brand, a version, and the compatible brands, of 4 bytes each; empty where there is no `ftyp`.
        has_video: Whether there is a video track.
        has_audio: Whether there is a sound track.
    """
    if not content:
        return "video/quicktime"
    main = _type_of(content[:4])
    if main not in (None, _GENERAL_IMAGE):
        return main
    further = [_type_of(content[at : at + 4]) for at in range(8, len(content) - 3, 4)]
    specific = next((each for each in further if each and each.startswith("image/") and each != main), None)
    if main is not None:
        return specific or main
    if has_audio and not has_video:
        return "audio/mp4"
    return "video/mp4" if has_video or specific is None else specific


def _type_of(brand: bytes) -> str | None:
    return _TYPES.get(brand) or _TYPES.get(brand[:3])
