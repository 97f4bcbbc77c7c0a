"""The rules for fetchers: kept by the kernel's own, and each broken once on purpose, which says which rule it is."""

import base64
import hashlib

import pytest
from broken_rules import complaint_of, own_rules

from genblaze.builtin import data_fetch, file_fetch
from genblaze.capabilities import Capability
from genblaze.errors import ProviderError
from genblaze.file_urls import path_of
from genblaze.hookspecs import hookimpl
from genblaze.jobs import Fetched
from genblaze.testing import FetchContract


class TestFile(FetchContract):
    plugin = file_fetch

    def url_of(self, content, folder):
        (folder / "content").write_bytes(content)
        return (folder / "content").as_uri()

    def missing_url(self, folder):
        return (folder / "nothing").as_uri()


class TestData(FetchContract):
    plugin = data_fetch

    def url_of(self, content, folder):
        return f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}"


class Careless:
    """Fetches whatever there is, all at once."""

    @hookimpl
    def provides(self):
        return [Capability(hook="fetch", key="file", summary="Files")]

    @hookimpl
    def fetch(self, url, target, context):
        return self.fetched(url, target, context)

    async def fetched(self, url, target, context):
        content = self.content(url)
        target.write_bytes(content)
        return Fetched(path=target, size=len(content), sha256=hashlib.sha256(content).hexdigest())

    def content(self, url):
        return path_of(url).read_bytes()


class Trims(Careless):
    def content(self, url):
        return super().content(url).strip(b"\x8f\xd7")[:-1]


class KeepsACopy(Careless):
    def content(self, url):
        path_of(url).with_name("copy").write_bytes(super().content(url))
        return super().content(url)


class LeavesParts(Careless):
    async def fetched(self, url, target, context):
        target.write_bytes(self.content(url)[: context.max_bytes])
        raise ProviderError("too long")


BROKEN = {
    "the_content_arrives_with_its_size_and_digest": (Trims, "is not what the URL names"),
    "nothing_but_the_target_is_written": (KeepsACopy, "other files were written"),
    "more_bytes_than_allowed_are_refused_and_leave_nothing": (LeavesParts, "a part of the file was left behind"),
    "what_is_not_there_is_refused_and_leaves_nothing": (Careless, "FileNotFoundError"),
}


def test_every_rule_is_broken_once():
    assert list(BROKEN) == own_rules(FetchContract)


@pytest.mark.parametrize("rule", BROKEN)
def test_breaking_a_rule_of_fetchers_says_which(rule, tmp_path):
    fetcher, complaint = BROKEN[rule]
    contract = type("Checked", (TestFile,), {"plugin": fetcher()})
    assert complaint in complaint_of(contract, rule, tmp_path)
