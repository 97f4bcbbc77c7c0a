"""Packets: what is written is read, whatever the manifest holds; damage is told apart from absence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genblaze.layout import LayoutError
from genblaze_media.xmp import ascii_json, read_packet, write_packet

RECORD = {"v": 1, "content_sha256": "0" * 64, "content_size": 5, "essence_sha256": None}
values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8)


@given(st.dictionaries(st.text(), values))
def test_what_is_written_is_read(document):
    payload = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    packet = read_packet(write_packet(payload, RECORD))
    assert json.loads(packet.payload) == json.loads(payload)
    assert packet.damage is None
    assert {key: packet.record[key] for key in RECORD} == RECORD
    assert packet.rest == b""


@given(st.dictionaries(st.text(), values))
def test_escaping_twice_is_escaping_once(document):
    payload = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    once = ascii_json(payload)
    assert once.isascii()
    assert ascii_json(once) == once
    assert json.loads(once) == json.loads(payload)


@given(st.dictionaries(st.text(), values))
def test_writing_what_was_read_gives_the_same_packet(document):
    written = write_packet(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"), RECORD)
    assert write_packet(read_packet(written).payload, RECORD) == written


@given(st.binary(max_size=200))
def test_any_bytes_are_a_packet_or_none(data):
    for text in (data, b"<mf:manifest>" + data, b"<mf:manifest>" + data + b"</mf:manifest><mf:restore>" + data):
        packet = read_packet(text)
        assert packet is None or packet.damage or packet.payload is not None


def test_a_manifest_that_is_no_utf8_is_refused():
    with pytest.raises(LayoutError, match="not UTF-8"):
        write_packet(b'"\xff"', RECORD)


WHOLE = write_packet(b'{"a":"&"}', RECORD)


@pytest.mark.parametrize(
    ("data", "damage"),
    [
        (WHOLE.replace(b"</mf:manifest>", b""), "is not closed"),
        (WHOLE.replace(b"mf:manifest", b"mf:manifesto"), "no manifest"),
        (WHOLE.replace(b"mf:restore", b"mf:restored"), "is missing"),
        (WHOLE.replace(b"</mf:restore>", b""), "does not match its own check"),
        (WHOLE.replace(b"<mf:restore>", b"<mf:restore>!"), "does not match its own check"),
        (WHOLE.replace(b"<mf:restore>ey", b"<mf:restore>eX"), "does not match its own check"),
        (WHOLE.replace(b"&amp;", b"&amp;&amp;"), "is not what its record was written for"),
    ],
)
def test_a_damaged_packet_says_what_is_wrong(data, damage):
    assert damage in read_packet(data).damage


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (b"&quot;&apos;&lt;&gt;&amp;", b"\"'<>&"),
        (b"&#34;&#x22;&#x1F98A;", b'""' + "🦊".encode()),
        (b"&amp;lt;", b"&lt;"),
        (b"&#xD800;&#1114112;&#x110000;&nbsp;&#;&", b"&#xD800;&#1114112;&#x110000;&nbsp;&#;&"),
    ],
)
def test_entities_are_read_however_an_editor_wrote_them(text, document):
    assert read_packet(b"<mf:manifest>" + text + b"</mf:manifest>").payload == document


def test_a_packet_without_anything_of_ours_is_none():
    assert read_packet(b"<x:xmpmeta><rdf:RDF/></x:xmpmeta>") is None


def test_what_else_a_packet_holds_is_kept_apart():
    assert b"dc:title" in read_packet(WHOLE.replace(b"</rdf:Desc", b"<dc:title>x</dc:title></rdf:Desc")).rest
    assert read_packet(b'<?xpacket begin=""?><mf:manifest>{}</mf:manifest>').rest == b'<?xpacket begin=""?>'
