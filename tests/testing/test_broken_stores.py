"""Each rule for stores, broken once on purpose: it fails, and says which rule it is."""

import io
from datetime import UTC, datetime

import pytest
from broken_rules import complaint_of, own_rules

from genblaze import StorageError, StorageErrorCode
from genblaze.storing import LocalFolderStore, PutOptions, ReadOptions
from genblaze.testing import StoreContract

NO_OPTIONS = PutOptions()
ALL = ReadOptions()


def missing(key):
    return StorageError(f"no {key}", error_code=StorageErrorCode.NOT_FOUND)


class Probing(LocalFolderStore):
    def preflight(self, *, locking=False):
        self.put("probe", b"")


class Cutting(LocalFolderStore):
    def get(self, key, options=ALL):
        return super().get(key, options)[:-1]


class TakesBytesOnly(LocalFolderStore):
    def put(self, key, data, options=NO_OPTIONS):
        super().put(key, bytes(str(data), "utf-8") if not isinstance(data, bytes | io.BytesIO) else data, options)


class Rewinding(LocalFolderStore):
    def put(self, key, data, options=NO_OPTIONS):
        if isinstance(data, io.BytesIO):
            data.seek(0)
        super().put(key, data, options)


class FirstPartOnly(LocalFolderStore):
    def open(self, key, options=ALL):
        with super().open(key, options) as file:
            return io.BytesIO(file.read(5 << 20))


class NothingIsNothing(LocalFolderStore):
    def head(self, key, options=ALL):
        found = super().head(key, options)
        return None if found is not None and found.size == 0 else found


class KeepsTheFirst(LocalFolderStore):
    def put(self, key, data, options=NO_OPTIONS):
        super().put_if_absent(key, data, options)


class Trusting(LocalFolderStore):
    def put(self, key, data, options=NO_OPTIONS):
        super().put(key, data)


class Suspicious(LocalFolderStore):
    def put(self, key, data, options=NO_OPTIONS):
        super().put(key, data, PutOptions(sha256="0" * 64 if options.sha256 else None))


class Whole(LocalFolderStore):
    def get(self, key, options=ALL):
        return super().get(key)


class NeedsLength(LocalFolderStore):
    def get(self, key, options=ALL):
        return super().get(key, options)[: options.length or 10]


class RefusesTheEnd(LocalFolderStore):
    def get(self, key, options=ALL):
        found = super().get(key, options)
        if options.length and len(found) < options.length:
            raise missing(key)
        return found


class InventsHeads(LocalFolderStore):
    def get(self, key, options=ALL):
        return b"" if super().head(key) is None else super().get(key, options)


class CopiesNothing(LocalFolderStore):
    def copy(self, src_key, dst_key):
        if super().head(src_key) is None:
            super().put(dst_key, b"")
        else:
            super().copy(src_key, dst_key)


class DeletesOnce(LocalFolderStore):
    def delete(self, key):
        if super().head(key) is None:
            raise missing(key)
        super().delete(key)


class Naive(LocalFolderStore):
    def head(self, key, options=ALL):
        found = super().head(key, options)
        return found and type(found)(found.key, found.size, datetime.now(UTC).replace(tzinfo=None), found.etag)


class Changing(LocalFolderStore):
    def head(self, key, options=ALL):
        found = super().head(key, options)
        return found and type(found)(found.key, found.size, found.last_modified, found.etag, content_type="text/html")


class OneTag(LocalFolderStore):
    def head(self, key, options=ALL):
        found = super().head(key, options)
        return found and type(found)(found.key, found.size, found.last_modified, "tag")


class WritesOver(LocalFolderStore):
    def put_if_absent(self, key, data, options=NO_OPTIONS):
        super().put(key, data, options)
        return True


class Remembers(LocalFolderStore):
    def __init__(self, folder):
        super().__init__(folder)
        self.seen = set()

    def put_if_absent(self, key, data, options=NO_OPTIONS):
        if key in self.seen:
            return False
        self.seen.add(key)
        return super().put_if_absent(key, data, options)


class InPieces(LocalFolderStore):
    def put(self, key, data, options=NO_OPTIONS):
        if isinstance(data, bytes) and len(data) > 100_000:
            super().put(key, data[:1000])
        super().put(key, data, options)


class Unordered(LocalFolderStore):
    def list(self, prefix="", **options):
        page = super().list(prefix, **options)
        return type(page)(page.entries[::-1], page.next_token)


class OnePage(LocalFolderStore):
    def list(self, prefix="", *, max_keys=1000, continuation_token=None):
        super().list(prefix, max_keys=max_keys)
        return super().list(prefix)


class GivesNothing(LocalFolderStore):
    def list(self, prefix="", *, max_keys=1000, continuation_token=None):
        return super().list(prefix, max_keys=max_keys or 1, continuation_token=continuation_token)


class Moves(LocalFolderStore):
    def copy(self, src_key, dst_key):
        super().copy(src_key, dst_key)
        super().delete(src_key)


class Cleans(LocalFolderStore):
    def head(self, key, options=ALL):
        return super().head(key.strip("/") or "k", options)


class Lowers(LocalFolderStore):
    def put(self, key, data, options=NO_OPTIONS):
        super().put(key.lower(), data, options)


class Unquoted(LocalFolderStore):
    def url_of(self, key):
        return f"file:///folder/{key}"


class BelievesAll(LocalFolderStore):
    def key_of(self, url):
        return super().key_of(url) or "guess"


class Opaque(LocalFolderStore):
    def presign(self, key, **options):
        return "https://cdn.example/1234"


class ForOneThread(LocalFolderStore):
    busy = False

    def head(self, key, options=ALL):
        return None if key.startswith("threads/") else super().head(key, options)


class NoStore(LocalFolderStore):
    conditional_put = "perhaps"


BROKEN = {
    "it_has_the_methods_of_a_store": NoStore,
    "preflight_finds_nothing_wrong_and_writes_nothing": Probing,
    "bytes_that_are_put_are_got": Cutting,
    "a_file_is_put_from_its_path": TakesBytesOnly,
    "an_open_file_is_put_from_where_it_stands": Rewinding,
    "an_object_of_several_parts_comes_back_whole": FirstPartOnly,
    "an_empty_object_is_an_object": NothingIsNothing,
    "putting_again_replaces_the_content": KeepsTheFirst,
    "content_with_another_digest_than_announced_is_refused": Trusting,
    "content_with_the_announced_digest_is_taken": Suspicious,
    "a_range_is_read_alone": Whole,
    "a_range_without_length_reads_to_the_end": NeedsLength,
    "a_range_past_the_end_gives_what_there_is": RefusesTheEnd,
    "a_missing_object_has_no_head_and_cannot_be_read": InventsHeads,
    "a_missing_object_cannot_be_copied": CopiesNothing,
    "deleting_removes_one_object_and_may_be_done_twice": DeletesOnce,
    "head_tells_size_time_and_tag": Naive,
    "content_type_and_metadata_are_kept_or_forgotten_but_never_changed": Changing,
    "the_tag_follows_the_content": OneTag,
    "what_is_there_is_not_written_over": WritesOver,
    "a_deleted_object_may_be_written_again": Remembers,
    "of_several_writers_at_once_one_wins": WritesOver,
    "readers_never_see_a_part_of_an_object": InPieces,
    "a_listing_has_the_keys_under_the_prefix_in_order": Unordered,
    "a_listing_comes_in_pages": OnePage,
    "a_page_of_nothing_is_refused": GivesNothing,
    "a_copy_has_the_content_and_replaces_what_was_there": Moves,
    "what_is_no_key_is_refused_before_anything_happens": Cleans,
    "odd_keys_are_kept_as_they_are": Lowers,
    "the_url_of_a_key_leads_back_to_it": Unquoted,
    "urls_of_others_have_no_key": BelievesAll,
    "a_presigned_url_names_the_object": Opaque,
    "many_threads_may_use_it_at_once": ForOneThread,
}


def test_every_rule_is_broken_once():
    assert list(BROKEN) == own_rules(StoreContract)


@pytest.mark.parametrize("rule", BROKEN)
def test_breaking_a_rule_of_stores_says_which(rule, tmp_path):
    complaint_of(StoreContract, rule, tmp_path, store=BROKEN[rule](tmp_path / "store"))
