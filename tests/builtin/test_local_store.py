"""The local store: whole objects or none, in one folder and never outside it."""

import hashlib
import io
import threading
from datetime import timedelta

import pytest

from genblaze.builtin import local_store
from genblaze.config import Config
from genblaze.errors import StorageError, URLPolicyError
from genblaze.models.enums import StorageErrorCode
from genblaze.plugins import PluginManager
from genblaze.storing import Encryption, LocalFolderStore, ObjectLockConfig, PutOptions, Store
from genblaze.testing import StoreContract


@pytest.fixture
def plugins():
    plugins = PluginManager(Config(), autoload=False)
    plugins.register(local_store, "local-store")
    return plugins


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "bücket with #1"


@pytest.fixture
def store(folder):
    return LocalFolderStore(folder)


class TestLocalFolderStore(StoreContract):
    @pytest.fixture
    def store(self, folder):
        return LocalFolderStore(folder)


@pytest.mark.parametrize(
    "options",
    [PutOptions(lock=ObjectLockConfig(retain_for=timedelta(days=1))), PutOptions(encryption=Encryption.sse_s3())],
    ids=["lock", "encryption"],
)
def test_a_promise_that_a_folder_cannot_keep_is_refused(store, options):
    for put in (store.put, store.put_if_absent):
        with pytest.raises(StorageError, match="a folder cannot"):
            put("k", b"x", options)
    assert store.list().entries == ()


def test_preflight_refuses_a_folder_that_cannot_be_written_to(tmp_path, monkeypatch):
    store = LocalFolderStore(tmp_path / "new" / "bucket")
    store.preflight()
    with pytest.raises(StorageError, match="cannot lock"):
        store.preflight(locking=True)
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)  # root may write anywhere
    with pytest.raises(StorageError, match=f"{tmp_path} is not writable"):
        store.preflight()
    (tmp_path / "new").touch()
    with pytest.raises(StorageError, match="new is no folder"):
        store.preflight()
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


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


def test_what_is_compared_with_the_digest_is_what_is_written(store):
    class ReadableOnce(io.BytesIO):
        reads = 0

        def read(self, size=-1):
            self.reads += 1
            return super().read(size) if self.reads <= 2 else b""

    for put in (store.put, store.put_if_absent):
        put("k", ReadableOnce(b"content"), PutOptions(sha256=hashlib.sha256(b"content").hexdigest()))
        assert store.get("k") == b"content"
        store.delete("k")
        with pytest.raises(StorageError, match="not .* as it was said to have"):
            put("k", b"other", PutOptions(sha256=hashlib.sha256(b"content").hexdigest()))
        assert store.list().entries == ()


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

        monkeypatch.setattr("genblaze.storing.folder.os.link", refuse)
        monkeypatch.delattr("os.O_TMPFILE", raising=False)  # a file without a name gets one by a link
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
    store = LocalFolderStore(tmp_path / "link")
    store.put("a/k", b"x")
    assert store.get("a/k") == b"x"


def test_an_object_where_a_folder_is_needed_is_a_clear_error(store):
    store.put("a", b"x")
    with pytest.raises(StorageError, match="put 'a/b' failed"):
        store.put("a/b", b"y")


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


def test_urls_and_keys_are_each_others_inverse(store, tmp_path):
    key = "a b/ü#?.png"
    assert store.key_of(store.url_of(key)) == key
    assert store.key_of(store.presign(key)) == key
    assert store.key_of((tmp_path / "elsewhere").as_uri()) is None
    assert store.key_of("https://example.com/a") is None
