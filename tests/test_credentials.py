"""Credentials: recognised wherever they stand, and ordinary text left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genblaze.credentials import REDACTED, find_credential, redact_secrets, sanitize_error

SECRETS = [
    "r8_" + "a1B2" * 9,
    "sk-" + "a1B2" * 8,
    "sk-ant-" + "a1B2-" * 8,
    "sk-proj-" + "a1_2" * 8,
    "AIza" + "a1B2-" * 7,
    "AKIA" + "A1B2" * 4,
    "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
    "Bearer " + "a1B2" * 6,
    "Token " + "a1B2" * 6,
    "api_key=" + "a1B2" * 4,
    'password: "hunter2hunter2"',
    "https://user:pass-word@host/path",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_found_and_removed(secret):
    text = f"request failed ({secret}) for model x"
    assert find_credential({"a": [text]}) == "a[0]"
    clean = redact_secrets(text)
    assert REDACTED in clean
    assert clean.startswith("request failed (")
    assert "a1B2a1B2" not in clean
    assert "hunter2" not in clean


@pytest.mark.parametrize(
    "text",
    [
        "a red fox, sk-etch style",
        "the author's key idea",
        "token economy",
        "bearer of bad news",
        "https://host/path?x=1",
        "1024x1024",
        "d41d8cd98f00b204e9800998ecf8427e",
        "a" * 40,
        "0" * 64,
        "file:///home/me/some-rather-long-folder/image.png",
        "gpt-image-1-with-a-very-long-model-name-2025-01-01",
    ],
)
def test_ordinary_text_is_left_alone(text):
    assert redact_secrets(text) == text
    assert find_credential(text) is None


def test_the_path_of_a_credential_is_named():
    assert find_credential({"headers": [{"auth": SECRETS[1]}]}, "params") == "params.headers[0].auth"
    assert find_credential(SECRETS[1].encode()) == "value"
    assert find_credential({"n": 5, "x": None, "t": ("a", 2.5)}) is None


def test_depth_is_bounded():
    nested = loop = []
    loop.append(loop)
    assert find_credential(nested) is None


def test_error_texts_are_cut():
    text = sanitize_error("x" * 5000)
    assert text == "x" * 500 + "...(truncated)"
    assert sanitize_error("short") == "short"


@given(st.text(max_size=200), st.text(max_size=200))
def test_redaction_never_raises_and_is_stable(before, after):
    once = redact_secrets(f"{before} {SECRETS[1]} {after}")
    assert "a1B2a1B2" not in once
    assert redact_secrets(once) == once


def test_a_hostile_text_is_read_in_no_time():
    import time

    started = time.monotonic()
    for text in (
        "a" * 100_000,
        "://" + "a" * 100_000,
        "eyJ" * 30_000,
        "A1b" * 30_000,
        "key-" * 25_000,
        "Bearer " * 14_000,
    ):
        redact_secrets(text)
    assert time.monotonic() - started < 5
