"""`AssetTransfer` of the published shape: one asset into a store, within the bounds that were named."""

import base64
import hashlib

import pytest
from sample_pipelines import paint, png, sha256

from genblaze import Asset, AssetTransfer, GenblazeError, KeyStrategy, LocalFolderStore, StorageError


@pytest.fixture
def store(tmp_path):
    return LocalFolderStore(tmp_path / "store")


def objects(store):
    return sorted(entry.key for entry in store.list("").entries)


def test_an_asset_lies_under_its_content_and_knows_its_url_digest_and_size(tmp_path, store):
    path = paint(tmp_path / "fox.PNG", "fox")
    asset = png(path)
    key = AssetTransfer(store).transfer(asset)
    digest = sha256(path)
    assert [key] == objects(store) == [f"assets/{digest[:2]}/{digest[2:4]}/{digest}.png"]
    assert (asset.url, asset.sha256, asset.size_bytes) == (store.url_of(key), digest, path.stat().st_size)
    assert AssetTransfer(store).transfer(asset) == key


@pytest.mark.parametrize(("prefix", "above"), [("media/", "media/"), ("", "")])
def test_keys_by_content_begin_with_the_prefix_alone(tmp_path, store, prefix, above):
    path = paint(tmp_path / "fox.png", "fox")
    digest = sha256(path)
    assert AssetTransfer(store, prefix=prefix).transfer(png(path)) == f"{above}{digest[:2]}/{digest[2:4]}/{digest}.png"


def test_an_asset_of_a_run_lies_in_the_folder_of_the_run(tmp_path, store):
    asset = png(paint(tmp_path / "fox.png", "fox"))
    transfer = AssetTransfer(store, prefix="media", key_strategy=KeyStrategy.HIERARCHICAL)
    transfer.transfer(asset, tenant="acme", date_str="2026-11-22", run_id="r")
    assert objects(store) == [f"media/acme/2026-11-22/r/assets/{asset.asset_id}.png"]


async def test_what_lies_elsewhere_is_fetched_within_bounds(tmp_path, store):
    content = b"some words"
    asset = Asset(url="data:text/plain;base64," + base64.b64encode(content).decode(), media_type="text/plain")
    with pytest.raises(GenblazeError):
        AssetTransfer(store, max_download_bytes=4).transfer(asset)
    assert (objects(store), asset.sha256) == ([], None)
    await AssetTransfer(store).atransfer(asset)
    assert asset.sha256 == hashlib.sha256(content).hexdigest()


def test_a_file_outside_of_the_folders_that_were_named_is_not_sent_away(tmp_path, store, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    inside, outside = paint(tmp_path / "in" / "a.png", "a"), paint(tmp_path / "out" / "b.png", "b")
    transfer = AssetTransfer(store, allowed_roots=[tmp_path / "in"])
    transfer.transfer(png(inside))
    for bounded in (transfer, AssetTransfer(store)):
        with pytest.raises(StorageError, match=r"b\.png"):
            bounded.transfer(png(outside))
    assert len(objects(store)) == 1


def test_whatever_cannot_be_stored_is_a_storage_error(store):
    for url in ("http://h.test/a.png", "ftp://h.test/a.png", "file://elsewhere/a.png"):
        with pytest.raises(StorageError):
            AssetTransfer(store).transfer(Asset(url=url, media_type="image/png"))
