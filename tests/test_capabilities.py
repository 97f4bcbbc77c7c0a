"""Capabilities: what a plugin may declare, and recognising media types by it."""

import pytest

from genblaze.capabilities import Capability, MediaTypes, parse_magic
from genblaze.errors import InvalidValueError

PNG = Capability(hook="embed_manifest", key="image/png", magic=("89504e470d0a1a0a",), suffixes=(".png",))
RIFF = Capability(hook="embed_manifest", key="audio/wav", magic=("52494646",), suffixes=(".wav",))
WEBP = Capability(hook="embed_manifest", key="image/webp", magic=("52494646 ???????? 57454250",), suffixes=(".webp",))
ANY = Capability(hook="embed_manifest", key="*/*")
KINDS = [ANY, RIFF, PNG, WEBP]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"hook": "embeds", "key": "image/png"}, "not selected by key"),
        ({"hook": "provides", "key": "x"}, "not selected by key"),
        ({"hook": "generate", "key": ""}, "Capability.key"),
        ({"hook": "generate", "key": " acme"}, "blanks"),
        ({"hook": "generate", "key": "acme", "aliases": "ac"}, "tuple"),
        ({"hook": "generate", "key": "acme", "priority": "high"}, "integer"),
        ({"hook": "embed_manifest", "key": "image/png", "magic": ("8950zz",)}, "Magic '8950zz'"),
    ],
)
def test_a_capability_that_could_never_be_selected_is_refused(fields, complaint):
    with pytest.raises(InvalidValueError, match=complaint):
        Capability(**fields)


@pytest.mark.parametrize("text", ["", "8", "????", "8?", "00" * 65, "0x89"])
def test_malformed_magic_is_refused(text):
    with pytest.raises(InvalidValueError, match="not a pattern"):
        parse_magic(text)


def test_magic_matches_any_byte_where_it_has_question_marks():
    pattern = parse_magic("52494646 ???????? 57454250")
    assert pattern.matches(b"RIFF\x00\xff\x10\x20WEBPVP8 ")
    assert not pattern.matches(b"RIFF\x00\xff\x10\x20WAVEfmt ")
    assert pattern.weight == 8


def test_magic_does_not_match_a_file_shorter_than_itself():
    assert not parse_magic("89504e47").matches(b"\x89PN")
    assert not parse_magic("0000").matches(b"\x00")


def test_the_magic_with_most_literal_bytes_wins():
    assert MediaTypes(KINDS).of(b"RIFF\x10\x00\x00\x00WEBPVP8 ")[0] == "image/webp"
    assert MediaTypes(KINDS).of(b"RIFF\x10\x00\x00\x00WAVEfmt ")[0] == "audio/wav"


def test_magic_wins_over_the_suffix():
    assert MediaTypes(KINDS).of(b"\x89PNG\r\n\x1a\n", "picture.webp")[0] == "image/png"


def test_between_equal_magics_the_suffix_decides():
    other = Capability(hook="embed_manifest", key="audio/x-riff", magic=("52494646",), suffixes=(".rif",))
    assert MediaTypes([RIFF, other]).of(b"RIFF....", "a.WAV")[0] == "audio/wav"
    assert MediaTypes([RIFF, other]).of(b"RIFF....", "a.rif")[0] == "audio/x-riff"


def test_all_types_that_a_file_may_be_of_are_named_likeliest_first():
    tagged = [Capability("embed_manifest", f"audio/{kind}", magic=("494433",), suffixes=(f".{kind}",)) for kind in "ab"]
    assert MediaTypes(tagged).of(b"ID3\4", "song.a") == ["audio/a", "audio/b"]
    assert MediaTypes(tagged).of(b"ID3\4", "song.b") == ["audio/b", "audio/a"]
    assert MediaTypes(KINDS).of(b"\x89PNG\r\n\x1a\n", "picture.webp") == ["image/png", "image/webp"]


def test_the_suffix_is_asked_when_no_magic_matches():
    assert MediaTypes(KINDS).of(b"not a png", "Picture.PNG")[0] == "image/png"


def test_an_unknown_file_is_of_no_type_for_wildcard_keys_name_none():
    assert MediaTypes(KINDS).of(b"hello", "notes.txt") == []
