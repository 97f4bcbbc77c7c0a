"""How a job gets at inputs that lie elsewhere."""

import pytest

from genblaze import Asset, Capability, Fetched, ProviderError, hookimpl
from genblaze.courier import PluginCourier
from genblaze.hookspecs import FetchContext
from genblaze.plugins import PluginManager


class AcmeLinks:
    def __init__(self):
        self.fetched = 0

    @hookimpl
    def provides(self):
        return [Capability(hook="fetch", key="acme")]

    @hookimpl
    def fetch(self, url, target, context):
        async def bring():
            self.fetched += 1
            target.write_bytes(b"content")
            return Fetched(path=target, size=7, sha256="")

        return bring()


@pytest.fixture
def links():
    return AcmeLinks()


@pytest.fixture
def courier(links, tmp_path):
    plugins = PluginManager(autoload=False)
    plugins.register(links, "acme-links")
    return PluginCourier(lambda: plugins, tmp_path)


def asset(url, **facts):
    return Asset(url=url, media_type="image/png", **facts)


async def test_a_local_input_is_given_where_it_lies(courier, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"1")
    assert await courier.input_path(asset(path.as_uri())) == path
    assert await courier.input_url(asset(path.as_uri())) is None


async def test_an_input_from_elsewhere_is_fetched_once(courier, links):
    first = await courier.input_path(asset("acme://x/a.png"))
    assert first.read_bytes() == b"content"
    assert (await courier.input_path(asset("acme://x/a.png")), links.fetched) == (first, 1)


async def test_an_input_whose_content_is_not_the_recorded_one_is_refused(courier):
    with pytest.raises(ProviderError, match="has changed"):
        await courier.input_path(asset("acme://x/a.png", sha256="0" * 64))


async def test_a_missing_file_is_refused(courier, tmp_path):
    with pytest.raises(ProviderError, match="does not exist"):
        await courier.input_path(asset((tmp_path / "none.png").as_uri()))


async def test_an_https_input_is_given_to_the_vendor_by_its_own_url(courier):
    assert await courier.input_url(asset("https://example.com/a.png")) == "https://example.com/a.png"


def test_the_bounds_of_a_fetch_show_no_key():
    assert "canary" not in repr(FetchContext(headers={"Authorization": "Bearer canary"}))
