"""Assets: what their numbers may be, and what they never show."""

import hashlib

import pytest

from genblaze.errors import InvalidValueError
from genblaze.models import Asset, AudioMetadata, VideoMetadata, WordTiming
from genblaze.models.asset import is_valid_sha256
from genblaze.models.asset_url import strip_asset_url_credentials


@pytest.mark.parametrize(
    "fields",
    [
        {"size_bytes": -1},
        {"width": 0},
        {"height": -5},
        {"duration": -0.1},
        {"duration": float("nan")},
        {"duration": float("inf")},
        {"media_type": "png"},
        {"media_type": "image/"},
        {"media_type": "+image/png"},
        {"media_type": "text/plain; charset=utf-8"},
        {"video": {"bitrate": 0}},
        {"audio": {"channels": 0}},
        {"audio": {"word_timings": [{"word": "a", "start": 2, "end": 1}]}},
    ],
)
def test_values_out_of_range_are_refused(fields):
    with pytest.raises(InvalidValueError, match=next(iter(fields))):
        Asset(**{"url": "x", "media_type": "image/png", **fields})


@pytest.mark.parametrize("media_type", ["image/png", "application/vnd.x-y.z+json", "audio/3gpp2", "x_1/y_2"])
def test_real_media_types_pass(media_type):
    assert Asset(url="x", media_type=media_type).media_type == media_type


def test_the_edges_of_the_ranges_pass():
    Asset(url="x", media_type="a/b", size_bytes=0, width=1, height=1, duration=0)
    WordTiming(word="", start=1, end=1, confidence=1)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: WordTiming(word="a", start=0, end=1, confidence=1.1), "confidence"),
        (lambda: WordTiming(word="a", start=-1, end=1), "start"),
        (lambda: VideoMetadata(frame_rate=-1), "frame_rate"),
        (lambda: AudioMetadata(sample_rate=0), "sample_rate"),
    ],
)
def test_parts_check_their_own_numbers(make, field):
    with pytest.raises(InvalidValueError, match=field):
        make()


def test_what_was_assigned_later_is_reported_by_place():
    asset = Asset(url="x", media_type="a/b", video=VideoMetadata(), audio=AudioMetadata())
    assert asset.problems() == []
    asset.width, asset.video.bitrate = "wide", 0
    asset.audio.word_timings = [WordTiming(word="a", start=0, end=1)]
    asset.audio.word_timings[0].end = -1
    assert [text.split(" ")[0] for text in asset.problems()] == [
        "width",
        "video.bitrate",
        "audio.word_timings[0].end",
    ]


def test_set_hash_takes_digest_and_size_from_the_content():
    asset = Asset(url="x", media_type="a/b")
    asset.set_hash(b"pixels")
    assert (asset.sha256, asset.size_bytes) == (hashlib.sha256(b"pixels").hexdigest(), 6)


@pytest.mark.parametrize(
    ("value", "valid"),
    [("0" * 64, True), ("A" * 64, False), ("0" * 63, False), ("0" * 64 + "\n", False), (None, False), (5, False)],
)
def test_a_digest_is_64_lowercase_hexadecimal_digits(value, valid):
    assert is_valid_sha256(value) is valid


def test_the_repr_shows_no_credentials():
    asset = Asset(url="https://me:pw@h/a.png?X-Amz-Signature=SECRET&v=1", media_type="image/png")
    assert "SECRET" not in repr(asset)
    assert "pw" not in repr(asset)
    assert "https://h/a.png?v=1" in repr(asset)


@pytest.mark.parametrize(
    ("url", "stripped"),
    [
        ("https://h/i.png?X-Amz-Signature=1&b=2", "https://h/i.png?b=2"),
        ("HTTPS://User:pw@Host.COM:8443/A/b.png#part", "https://host.com:8443/A/b.png"),
        ("https://h/x?b=2&a=1&a&a=", "https://h/x?a&a=&a=1&b=2"),
        ("https://h/x?q=a+b&r=a%20b", "https://h/x?q=a%2Bb&r=a%20b"),
        ("https://h/x?sv=1&sig=secret&keep=1", "https://h/x?keep=1"),
        ("https://h/x?sig=1", "https://h/x?sig=1"),
        ("https://h/x?Policy=1&Signature=2&Key-Pair-Id=3", "https://h/x"),
        ("https://h/x?GoogleAccessId=1&Signature=2&Expires=3", "https://h/x"),
        ("https://h/x?AWSAccessKeyId=1&Signature=2", "https://h/x"),
        ("https://h/x?signature=2", "https://h/x?signature=2"),
        ("https://h/x?response-content-type=a&x-goog-date=1&X-Bz-Y=1", "https://h/x"),
        ("https://[::1]:9000/x", "https://[::1]:9000/x"),
        ("file:///tmp/a.png", "file:///tmp/a.png"),
        ("s3://bucket/key.png", "s3://bucket/key.png"),
        ("https://u:pw@h:port/x?token=1", "h:port/x"),
    ],
)
def test_credentials_are_stripped_from_urls(url, stripped):
    assert strip_asset_url_credentials(url) == stripped
