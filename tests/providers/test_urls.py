"""Which URLs may be handed to a vendor and taken from it."""

from pathlib import Path

import pytest

from genblaze import ProviderError
from genblaze.providers.urls import validate_asset_url, validate_chain_input_url


@pytest.mark.parametrize("url", ["https://h/a", "HTTPS://h/a", "https://h/a?signature=x"])
def test_an_output_may_lie_at_an_https_url(url):
    validate_asset_url(url)


@pytest.mark.parametrize("url", ["http://h/a", "https://", "file:///a", "data:x", "", "/x", "https://[broken"])
def test_any_other_output_is_refused(url):
    with pytest.raises(ProviderError, match="only absolute https://"):
        validate_asset_url(url)


@pytest.mark.parametrize(
    "url", ["https://h/a", "file:///tmp/a.png", "file://localhost/tmp/a.png", "file:///etcetera/x"]
)
def test_an_input_may_be_an_https_url_or_a_file(url):
    validate_chain_input_url(url)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://h/a", "only https:// and file://"),
        ("s3://bucket/key", "only https:// and file://"),
        ("data:image/png;base64,AAAA", "only https:// and file://"),
        ("file://other/tmp/x", "no file on this machine"),
        ("file:relative", "no file on this machine"),
        ("file:///etc/passwd", "sensitive system location"),
        ("file:///proc/self/environ", "sensitive system location"),
        ("file:///tmp/../etc/passwd", "sensitive system location"),
        ("file:///tmp/%2e%2e/etc/passwd", "sensitive system location"),
        ("file:///run/secrets/key", "sensitive system location"),
        ("file:///tmp/a%00b", "NUL"),
    ],
)
def test_any_other_input_is_refused(url, text):
    with pytest.raises(ProviderError, match=text) as caught:
        validate_chain_input_url(url)
    assert caught.value.error_code == "invalid_input"


def test_a_link_into_a_guarded_folder_is_followed_and_refused(tmp_path):
    link = tmp_path / "innocent.png"
    link.symlink_to("/etc/passwd")
    with pytest.raises(ProviderError, match="sensitive"):
        validate_chain_input_url(link.as_uri())


def test_inputs_can_be_kept_to_some_folders(tmp_path):
    url = (tmp_path / "a.png").as_uri()
    validate_chain_input_url(url, file_root_allowlist=(tmp_path,))
    with pytest.raises(ProviderError, match="not under any allowlisted root"):
        validate_chain_input_url(url, file_root_allowlist=(Path("/srv"),))


def test_a_refusal_shows_no_credentials():
    with pytest.raises(ProviderError) as caught:
        validate_asset_url("http://user:geheim@h/a?signature=geheim")
    assert "geheim" not in str(caught.value)
    assert "http://h/a" in str(caught.value)
