"""The local store and the file fetcher: whole objects or none, in one folder and never outside it."""

import asyncio
import hashlib
import io
import threading

import pytest

from genblaze.builtin import file_fetch, local_store
from genblaze.builtin.local_store import LocalStore
from genblaze.config import Config
from genblaze.errors import ProviderError, StorageError, URLPolicyError
from genblaze.hookspecs import FetchContext
from genblaze.models.enums import ProviderErrorCode, StorageErrorCode
from genblaze.plugins import PluginManager
from genblaze.storing import Store


@pytest.fixture
def plugins():
    plugins = PluginManager(Config(), autoload=False)
    plugins.register(local_store, "local-store")
    plugins.register(file_fetch, "fetch-file")
    return plugins


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "bücket with #1"


@pytest.fixture
def store(folder):
    return LocalStore(folder)


def test_a_file_url_opens_the_store_in_that_folder_and_makes_it_when_first_written(plugins, folder):
    store = plugins.store(folder.as_uri())
    assert isinstance(store, Store)
    assert not folder.exists()
    store.put("a/b.txt", b"hello")
    assert (folder / "a/b.txt").read_bytes() == b"hello"


@pytest.mark.parametrize("url", ["file:folder", "file://host/folder", "file:///folder?x=1", "file:///folder#1"])
def test_a_url_that_names_no_file_here_is_refused(plugins, url):
    with pytest.raises(URLPolicyError, match="names no file|has a query"):
        plugins.store(url)


@pytest.mark.parametrize("kind", ["bytes", "file", "path"])
def test_what_is_put_is_what_is_got(store, tmp_path, kind):
    content = bytes(range(256)) * 9000
    source = tmp_path / "source"
    source.write_bytes(content)
    put = store.put("k", {"bytes": content, "file": io.BytesIO(content), "path": source}[kind])
    assert store.get("k") == content
    with store.open("k") as file:
        assert file.read() == content
    assert (put.key, put.size) == ("k", len(content))
    assert store.head("k") == put
    assert put.last_modified.tzinfo is not None


def test_the_tag_changes_with_the_content(store):
    assert store.put("k", b"one").etag != store.put("k", b"three").etag


def test_a_missing_object_is_not_found_and_its_head_is_none(store):
    assert store.head("gone") is None
    for read in (store.get, store.open):
        with pytest.raises(StorageError, match="gone") as caught:
            read("gone")
        assert caught.value.error_code == StorageErrorCode.NOT_FOUND
        assert caught.value.operation == "get"


def test_a_put_that_fails_midway_leaves_the_old_object_and_no_other_file(store, folder):
    class Breaking(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise OSError("the source broke")
            return super().read(1)

    store.put("k", b"old")
    with pytest.raises(StorageError, match="the source broke"):
        store.put("k", Breaking(b"new content"))
    assert store.get("k") == b"old"
    assert [path.name for path in folder.iterdir()] == ["k"]


def test_conditional_put_writes_only_where_nothing_is(store, folder):
    assert store.put_if_absent("a/k", b"first") is True
    assert store.put_if_absent("a/k", b"second") is False
    assert store.get("a/k") == b"first"
    assert [path.name for path in (folder / "a").iterdir()] == ["k"]


def race(store, writers):
    """What each of several writers that begin together was told, and what they wrote."""
    barrier = threading.Barrier(writers)
    told = {}

    def write(number):
        barrier.wait()
        told[number] = store.put_if_absent("k", b"%d" % number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


@pytest.mark.parametrize("hard_links", [True, False], ids=["hard links", "no hard links"])
def test_of_several_conditional_puts_at_once_exactly_one_wins(store, monkeypatch, hard_links):
    if not hard_links:

        def refuse(*_):
            raise OSError(95, "not supported")

        monkeypatch.setattr("genblaze.builtin.local_store.os.link", refuse)
    for _ in range(20):
        told = race(store, 4)
        (winner,) = [number for number, written in told.items() if written]
        assert store.get("k") == b"%d" % winner
        store.delete("k")


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".", "a\\b", "a\0b", ".genblaze/journal.db"]
)
def test_a_key_that_could_leave_the_folder_or_is_ours_is_refused(store, key):
    for call in (store.get, store.head, store.delete, store.url_of, lambda key: store.put(key, b"")):
        with pytest.raises(StorageError, match="is no key") as caught:
            call(key)
        assert caught.value.error_code == StorageErrorCode.INVALID_INPUT


def test_a_symbolic_link_does_not_lead_out_of_the_folder(store, folder, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    store.put("inside", b"inside")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "dir").symlink_to(tmp_path)
    for key in ("link", "dir/secret", "dir/new"):
        for call in (store.get, store.head, store.delete, lambda key: store.put(key, b"overwritten")):
            with pytest.raises(StorageError, match="leads out of"):
                call(key)
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert not (tmp_path / "new").exists()
    assert [entry.key for entry in store.list().entries] == ["inside"]


def test_a_store_whose_folder_is_itself_a_link_works(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    store = LocalStore(tmp_path / "link")
    store.put("a/k", b"x")
    assert store.get("a/k") == b"x"


def test_deleting_twice_is_no_error(store):
    store.put("k", b"x")
    store.delete("k")
    store.delete("k")
    assert store.head("k") is None


def test_an_object_where_a_folder_is_needed_is_a_clear_error(store):
    store.put("a", b"x")
    with pytest.raises(StorageError, match="put 'a/b' failed"):
        store.put("a/b", b"y")


def test_a_copy_has_the_content_and_leaves_the_source(store):
    store.put("a", b"x" * 3_000_000)
    store.copy("a", "deep/b")
    assert store.get("deep/b") == store.get("a")


KEYS = sorted(["a", "a-b", "a/b", "a/c/d", "a.txt", "b/1", "b/2", "bb", "ä"])


def listed(store, prefix="", page=1000):
    keys, token = [], None
    while True:
        found = store.list(prefix, max_keys=page, continuation_token=token)
        assert len(found.entries) <= page
        keys += [entry.key for entry in found.entries]
        token = found.next_token
        if token is None:
            return keys


@pytest.mark.parametrize("page", [1, 2, 3, 100])
@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/c", "b", "b/1", "nothing"])
def test_a_listing_in_pages_gives_every_key_once_in_order(store, prefix, page):
    keys = [key for key in KEYS if key != "a"]
    for key in keys:
        store.put(key, b"x")
    assert listed(store, prefix, page) == [key for key in keys if key.startswith(prefix)]


def test_a_listing_leaves_out_temporary_files_and_an_absent_folder_is_empty(store, folder):
    assert store.list().entries == ()
    store.put("k", b"x")
    (folder / ".genblaze-0123.tmp").write_bytes(b"half")
    (folder / ".genblaze").mkdir()
    (folder / ".genblaze/journal.db").write_bytes(b"journal")
    assert listed(store) == ["k"]


def test_a_listing_of_no_entries_is_refused(store):
    with pytest.raises(StorageError, match="at least 1"):
        store.list(max_keys=0)


def test_urls_and_keys_are_each_others_inverse(store, tmp_path):
    key = "a b/ü#?.png"
    assert store.key_of(store.url_of(key)) == key
    assert store.key_of(store.presign(key)) == key
    assert store.key_of((tmp_path / "elsewhere").as_uri()) is None
    assert store.key_of("https://example.com/a") is None


# --- fetch -----------------------------------------------------------------------------------------------------------


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
