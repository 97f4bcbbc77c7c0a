"""The contract of stores as tests: what a sink relies on, to be run over every store.

```python
class TestAcmeStore(StoreContract):
    @pytest.fixture
    def store(self):
        return AcmeStore("bucket")      # empty; for a StorageBackend: as_store(AcmeBackend("bucket"))
```
"""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from genblaze.errors import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import PutOptions, ReadOptions, Store
from genblaze.testing.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["BAD_KEYS", "ODD_KEYS", "StoreContract"]

MIB: Final = 1 << 20

BAD_KEYS: Final = (
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    "a\\b",
    "a\nb",
    "a\0b",
    "a\x7fb",
    "k" * 1025,
)
"""What no store takes for a key."""

ODD_KEYS: Final = (
    "with space/a b.png",
    "plus+and&and=.bin",
    "percent%2Fhash#question?.txt",
    "bücket/日本語/🦊.png",
    "quote'and\"colon:semi;.txt",
    "UPPER/lower.JPG",
    "...dots/..a/b..",
    "a" * 200,
)
"""Keys that every store takes, and gives back as they are."""

CONTENT: Final = bytes(range(256)) * 1024


class StoreContract(Contract):
    """Tests of one store; a subclass provides the fixture `store`, empty and made anew for every test."""

    # Content

    def test_it_has_the_methods_of_a_store(self, store: Store) -> None:
        assert isinstance(store, Store)
        assert isinstance(store.conditional_put, bool)

    def test_preflight_finds_nothing_wrong_and_writes_nothing(self, store: Store) -> None:
        store.preflight()
        assert store.list().entries == ()

    def test_bytes_that_are_put_are_got(self, store: Store) -> None:
        store.put("a/b.bin", CONTENT)
        assert store.get("a/b.bin") == CONTENT

    def test_a_file_is_put_from_its_path(self, store: Store, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(CONTENT)
        store.put("a/b.bin", source)
        assert store.get("a/b.bin") == CONTENT

    def test_an_open_file_is_put_from_where_it_stands(self, store: Store) -> None:
        source = io.BytesIO(b"skipped" + CONTENT)
        source.seek(7)
        store.put("a/b.bin", source)
        assert store.get("a/b.bin") == CONTENT

    def test_an_object_of_several_parts_comes_back_whole(self, store: Store, tmp_path: Path) -> None:
        block = hashlib.sha256(b"block").digest() * (MIB // 32)
        source = tmp_path / "large"
        with source.open("wb") as file:
            for number in range(20):
                file.write(number.to_bytes(4, "big"))
                file.write(block)
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        store.put("large.bin", source, PutOptions(sha256=digest))
        with store.open("large.bin") as file:
            read = hashlib.sha256()
            while piece := file.read(MIB):
                read.update(piece)
        assert read.hexdigest() == digest

    def test_an_empty_object_is_an_object(self, store: Store) -> None:
        store.put("empty", b"")
        found = store.head("empty")
        assert found is not None
        assert found.size == 0
        assert store.get("empty") == b""
        with store.open("empty") as file:
            assert file.read() == b""

    def test_putting_again_replaces_the_content(self, store: Store) -> None:
        store.put("k", b"a longer first version")
        store.put("k", b"second")
        assert store.get("k") == b"second"
        found = store.head("k")
        assert found is not None
        assert found.size == len(b"second")

    def test_content_with_another_digest_than_announced_is_refused(self, store: Store, tmp_path: Path) -> None:
        store.put("k", b"good")
        source = tmp_path / "source"
        source.write_bytes(b"changed meanwhile")
        options = PutOptions(sha256=hashlib.sha256(b"as it was").hexdigest())
        for content in (b"changed meanwhile", source, io.BytesIO(b"changed meanwhile")):
            _refused(partial(store.put, "k", content, options))
            _refused(partial(store.put_if_absent, "new", content, options))
        assert store.get("k") == b"good"
        assert store.head("new") is None

    def test_content_with_the_announced_digest_is_taken(self, store: Store, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(CONTENT)
        options = PutOptions(sha256=hashlib.sha256(CONTENT).hexdigest())
        for key, content in (("bytes", CONTENT), ("path", source), ("file", io.BytesIO(CONTENT))):
            store.put(key, content, options)
            found = store.head(key)
            assert found is not None
            assert found.sha256 in {None, options.sha256}
            assert store.get(key) == CONTENT

    # Ranges

    def test_a_range_is_read_alone(self, store: Store) -> None:
        store.put("k", CONTENT)
        for offset, length in ((0, 10), (1000, 1), (len(CONTENT) - 5, 5), (300, 70_000)):
            options = ReadOptions(offset=offset, length=length)
            assert store.get("k", options) == CONTENT[offset : offset + length]
            with store.open("k", options) as file:
                assert file.read() == CONTENT[offset : offset + length]

    def test_a_range_without_length_reads_to_the_end(self, store: Store) -> None:
        store.put("k", CONTENT)
        assert store.get("k", ReadOptions(offset=1000)) == CONTENT[1000:]
        with store.open("k", ReadOptions(offset=len(CONTENT) - 3)) as file:
            assert file.read() == CONTENT[-3:]

    def test_a_range_past_the_end_gives_what_there_is(self, store: Store) -> None:
        store.put("k", b"0123456789")
        assert store.get("k", ReadOptions(offset=8, length=100)) == b"89"
        assert store.get("k", ReadOptions(offset=10, length=5)) == b""
        assert store.get("k", ReadOptions(offset=99)) == b""
        assert store.get("k", ReadOptions(offset=3, length=0)) == b""

    # Missing objects

    def test_a_missing_object_has_no_head_and_cannot_be_read(self, store: Store) -> None:
        assert store.head("missing") is None
        for read in (store.get, store.open):
            error = _refused(partial(read, "missing"), StorageErrorCode.NOT_FOUND)
            assert "missing" in str(error)

    def test_a_missing_object_cannot_be_copied(self, store: Store) -> None:
        _refused(lambda: store.copy("missing", "other"), StorageErrorCode.NOT_FOUND)
        assert store.head("other") is None

    def test_deleting_removes_one_object_and_may_be_done_twice(self, store: Store) -> None:
        store.put("a", b"1")
        store.put("a/b", b"2") if _takes_both(store) else store.put("ab", b"2")
        store.delete("a")
        store.delete("a")
        store.delete("never/there")
        assert store.head("a") is None
        assert len(store.list().entries) == 1

    # Metadata

    def test_head_tells_size_time_and_tag(self, store: Store) -> None:
        store.put("k", CONTENT)
        found = store.head("k")
        assert found is not None
        assert (found.key, found.size) == ("k", len(CONTENT))
        assert found.last_modified.tzinfo is not None
        assert found.etag

    def test_content_type_and_metadata_are_kept_or_forgotten_but_never_changed(self, store: Store) -> None:
        options = PutOptions(content_type="image/png", metadata={"run": "r-1"}, cache_control="private, max-age=60")
        store.put("k", b"x", options)
        found = store.head("k")
        assert found is not None
        assert found.content_type in {None, "image/png"}
        assert found.metadata.get("run", "r-1") == "r-1"

    def test_the_tag_follows_the_content(self, store: Store) -> None:
        store.put("k", b"one")
        before = store.head("k")
        store.put("k", b"another")
        after = store.head("k")
        assert before is not None
        assert after is not None
        assert before.etag != after.etag

    # Writing once

    def test_what_is_there_is_not_written_over(self, store: Store) -> None:
        assert store.put_if_absent("k", b"first") is True
        assert store.put_if_absent("k", b"second") is False
        assert store.get("k") == b"first"

    def test_a_deleted_object_may_be_written_again(self, store: Store) -> None:
        store.put_if_absent("k", b"first")
        store.delete("k")
        assert store.put_if_absent("k", b"second") is True
        assert store.get("k") == b"second"

    def test_of_several_writers_at_once_one_wins(self, store: Store) -> None:
        contents = [bytes([number]) * 5000 for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda content: store.put_if_absent("raced", content), contents))
        kept = store.get("raced")
        assert kept in contents
        if store.conditional_put:
            assert won.count(True) == 1
            assert kept == contents[won.index(True)]

    def test_readers_never_see_a_part_of_an_object(self, store: Store) -> None:
        versions = [bytes([number]) * 200_000 for number in range(12)]
        store.put("k", versions[0])
        with ThreadPoolExecutor(4) as pool:
            writing = [pool.submit(store.put, "k", version) for version in versions]
            while not all(each.done() for each in writing):
                assert store.get("k") in versions
            for each in writing:
                each.result()

    # Listing

    def test_a_listing_has_the_keys_under_the_prefix_in_order(self, store: Store) -> None:
        keys = ["b/2", "a/1", "b/10", "b.txt", "c"]
        for key in keys:
            store.put(key, key.encode())
        assert [entry.key for entry in store.list().entries] == sorted(keys)
        assert [entry.key for entry in store.list("b/").entries] == ["b/10", "b/2"]
        assert [entry.key for entry in store.list("b").entries] == ["b.txt", "b/10", "b/2"]
        assert store.list("none").entries == ()
        assert [entry.size for entry in store.list("a").entries] == [3]

    def test_a_listing_comes_in_pages(self, store: Store) -> None:
        keys = [f"p/{number:03}" for number in range(7)]
        for key in keys:
            store.put(key, b"x")
        found, token, pages = [], None, 0
        while pages == 0 or token is not None:
            page = store.list("p/", max_keys=3, continuation_token=token)
            assert len(page.entries) <= 3
            found += [entry.key for entry in page.entries]
            token, pages = page.next_token, pages + 1
        assert found == keys
        assert pages == 3

    def test_a_page_of_nothing_is_refused(self, store: Store) -> None:
        _refused(lambda: store.list(max_keys=0))

    # Copying

    def test_a_copy_has_the_content_and_replaces_what_was_there(self, store: Store) -> None:
        store.put("a", CONTENT)
        store.put("b/c", b"old")
        store.copy("a", "b/c")
        assert store.get("b/c") == CONTENT
        assert store.get("a") == CONTENT

    # Keys and URLs

    def test_what_is_no_key_is_refused_before_anything_happens(self, store: Store) -> None:
        for key in BAD_KEYS:
            calls: tuple[Callable[[], Any], ...] = (
                partial(store.put, key, b"x"),
                partial(store.put_if_absent, key, b"x"),
                partial(store.get, key),
                partial(store.open, key),
                partial(store.head, key),
                partial(store.copy, key, "x"),
                partial(store.copy, "x", key),
                partial(store.delete, key),
                partial(store.url_of, key),
                partial(store.presign, key),
            )
            for call in calls:
                _refused(call)
        assert store.list().entries == ()

    def test_odd_keys_are_kept_as_they_are(self, store: Store) -> None:
        for key in ODD_KEYS:
            store.put(key, key.encode())
        assert [entry.key for entry in store.list().entries] == sorted(ODD_KEYS, key=lambda key: key.encode())
        for key in ODD_KEYS:
            assert store.get(key) == key.encode()
            found = store.head(key)
            assert found is not None
            assert found.key == key

    def test_the_url_of_a_key_leads_back_to_it(self, store: Store) -> None:
        for key in ODD_KEYS:
            url = store.url_of(key)
            assert url.isascii()
            assert store.key_of(url) == key

    def test_urls_of_others_have_no_key(self, store: Store) -> None:
        ours = store.url_of("folder/a.png")
        scheme, _, rest = ours.partition("://")
        host, _, path = rest.partition("/")
        foreign = [
            "",
            "folder/a.png",
            "https://example.com/folder/a.png",
            f"{scheme}://evil.example/{path}",
            f"{scheme}://evil.{host}/{path}",
            f"{scheme}://{host}.evil.example/{path}",
            f"{scheme}://user@evil.example/{path}",
            f"{scheme}://{host}/other/../{path}",
            f"gopher://{host}/{path}",
            ours + "?versionId=1",
            ours + "#part",
            ours.removesuffix("folder/a.png") + "../" + "folder/a.png",
            ours.removesuffix("folder/a.png"),
        ]
        for url in foreign:
            assert store.key_of(url) is None, url

    def test_a_presigned_url_names_the_object(self, store: Store) -> None:
        store.put("folder/a.png", b"x")
        assert "folder/a.png" in store.presign("folder/a.png", expires_in=60)

    # Many callers

    def test_many_threads_may_use_it_at_once(self, store: Store) -> None:
        def work(number: int) -> bool:
            key, content = f"threads/{number}", str(number).encode() * 1000
            store.put(key, content)
            return store.get(key) == content and store.head(key) is not None

        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(work, range(48)))
        assert len(store.list("threads/").entries) == 48


def _takes_both(store: Store) -> bool:
    """Whether a key may go on where another one ends: in a folder a name is a file or a folder."""
    store.put("probe", b"")
    try:
        store.put("probe/below", b"")
    except StorageError:
        return False
    else:
        store.delete("probe/below")
        return True
    finally:
        store.delete("probe")


def _refused(call: Callable[[], Any], code: StorageErrorCode = StorageErrorCode.INVALID_INPUT) -> StorageError:
    """The error that a call is refused with; it must be the one that stores refuse with."""
    try:
        answer = call()
    except StorageError as error:
        refusal = error
    else:
        msg = f"nothing was refused; the answer is {answer!r}"
        raise AssertionError(msg)
    assert refusal.error_code == code, f"{refusal.error_code}: {refusal}"
    return refusal
