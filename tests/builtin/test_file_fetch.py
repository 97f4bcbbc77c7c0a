"""The fetcher of file URLs: whole files or none, within bounds."""

import asyncio
import hashlib

import pytest

from genblaze.builtin import file_fetch
from genblaze.config import Config
from genblaze.errors import ProviderError
from genblaze.hookspecs import FetchContext
from genblaze.models.enums import ProviderErrorCode
from genblaze.plugins import PluginManager


@pytest.fixture
def plugins():
    plugins = PluginManager(Config(), autoload=False)
    plugins.register(file_fetch, "fetch-file")
    return plugins


def fetch(plugins, url, target, **bounds):
    return asyncio.run(plugins.fetch(url, target, FetchContext(**bounds)))


def test_a_file_is_fetched_with_its_size_and_digest(plugins, tmp_path):
    content = b"x" * 3_000_000
    (tmp_path / "a ü.png").write_bytes(content)
    target = tmp_path / "target"
    fetched = fetch(plugins, (tmp_path / "a ü.png").as_uri(), target)
    assert target.read_bytes() == content
    assert (fetched.path, fetched.size, fetched.sha256) == (target, len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("name", "bounds", "complaint", "code"),
    [
        ("missing", {}, "cannot be copied", ProviderErrorCode.INVALID_INPUT),
        (".", {}, "cannot be copied", ProviderErrorCode.INVALID_INPUT),
        ("source", {"max_bytes": 4}, "longer than the 4 bytes", ProviderErrorCode.INVALID_INPUT),
        ("source", {"timeout": -1.0}, "could not be copied within", ProviderErrorCode.TIMEOUT),
    ],
)
def test_a_fetch_that_fails_leaves_nothing_behind(plugins, tmp_path, name, bounds, complaint, code):
    (tmp_path / "source").write_bytes(b"12345")
    with pytest.raises(ProviderError, match=complaint) as caught:
        fetch(plugins, (tmp_path / name).as_uri(), tmp_path / "out", **bounds)
    assert caught.value.error_code == code
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_device_is_no_file_to_fetch(plugins, tmp_path):
    with pytest.raises(ProviderError, match="no regular file"):
        fetch(plugins, "file:///dev/zero", tmp_path / "out")
