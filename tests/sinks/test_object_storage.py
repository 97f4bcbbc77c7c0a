"""Outputs and manifest in a store: where they lie, under which URLs, and that nothing is lost or overwritten."""

import hashlib
import json
import tempfile
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from sample_pipelines import Painter, kernel_plugins, paint, png, sha256

from genblaze import (
    Asset,
    BaseSink,
    GenblazeError,
    InvalidValueError,
    KeyStrategy,
    LocalFolderStore,
    Manifest,
    ObjectStorageSink,
    Run,
    SinkError,
    Step,
    StorageBackend,
    StorageError,
    URLPolicy,
    URLPolicyError,
    extract_manifest,
    parse_manifest,
    verify_file,
)
from genblaze.sinks.keys import extension_of


class Watched(LocalFolderStore):
    """Counts what is written, and refuses keys that contain one of `broken`."""

    def __init__(self, root, broken=()):
        super().__init__(root)
        self.broken = list(broken)
        self.written = []
        self.lock = threading.Lock()

    def put_if_absent(self, key, data, options=None):
        self.refuse(key)
        done = super().put_if_absent(key, data, options)
        if done:
            with self.lock:
                self.written.append((key, options))
        return done

    def put(self, key, data, options=None):
        self.refuse(key)
        super().put(key, data, options)
        with self.lock:
            self.written.append((key, options))

    def refuse(self, key):
        if any(part in key for part in self.broken):
            raise StorageError(f"put {key!r}: the store is full", operation="put")

    @property
    def keys(self):
        return sorted(entry.key for entry in self.list().entries)


@pytest.fixture
def store(tmp_path):
    return Watched(tmp_path / "store")


def sink_of(store, **options):
    return ObjectStorageSink(store, plugins=kernel_plugins(), **options)


def path_of(url):
    return Path(unquote(urlsplit(url).path))


def stored_manifest(result):
    return parse_manifest(path_of(result.manifest.manifest_uri).read_bytes())


def test_outputs_lie_under_their_digest_and_the_manifest_under_its_run(new, painter, store):
    result = new().step(painter, model="m").run(sink=sink_of(store))
    digest = result.assets[0].sha256
    assert store.keys == [
        f"genblaze/assets/{digest[:2]}/{digest[2:4]}/{digest}.png",
        f"genblaze/manifests/{result.run.run_id}.json",
    ]
    assert result.ok
    assert result.assets[0].url == store.url_of(store.keys[0])
    assert {options.cache_control for _, options in store.written} == {"public, max-age=31536000, immutable"}
    assert [options.content_type for _, options in store.written] == ["image/png", "application/json"]


def test_outputs_lie_in_the_folder_of_their_run(folder, painter, store):
    from genblaze import Pipeline

    pipeline = Pipeline("p", output_dir=folder, plugins=kernel_plugins(), tenant_id="acme").step(painter, model="m")
    result = pipeline.run(sink=sink_of(store, prefix="media", key_strategy=KeyStrategy.HIERARCHICAL))
    base = f"media/runs/acme/{result.run.created_at:%Y-%m-%d}/{result.run.run_id}"
    assert store.keys == [f"{base}/assets/{result.assets[0].asset_id}.png", f"{base}/manifest.json"]
    assert {options.cache_control for _, options in store.written} == {"private, max-age=3600"}


@pytest.mark.parametrize("strategy", KeyStrategy)
def test_what_is_stored_is_the_content_as_generated_and_the_local_file_carries_the_manifest(
    new, painter, store, strategy
):
    result = new().step(painter, model="m").run(sink=sink_of(store, key_strategy=strategy))
    asset = result.assets[0]
    assert sha256(path_of(asset.url)) == asset.sha256
    local = result.local_path(asset)
    assert local != path_of(asset.url)
    assert verify_file(local, plugins=kernel_plugins()).ok
    found = extract_manifest(local, plugins=kernel_plugins())
    assert found.manifest_uri == result.manifest.manifest_uri
    assert found.run.steps[0].assets[0].url == asset.url


def test_the_stored_manifest_is_the_one_in_memory_and_knows_its_own_address(new, painter, store):
    result = new().step(painter, model="m").run(sink=sink_of(store))
    stored = stored_manifest(result)
    assert stored.verify()
    assert stored.canonical_hash == result.manifest.canonical_hash
    assert stored.manifest_uri == result.manifest.manifest_uri
    assert stored.run.steps[0].assets[0].url == result.assets[0].url
    assert [(each.status, each.url) for each in result.deliveries.manifests] == [("stored", stored.manifest_uri)]


def test_the_manifest_is_written_last(new, painter, store):
    new().step(painter, model="a").step(painter, model="b").run(sink=sink_of(store))
    assert [key.split("/")[1] for key, _ in store.written] == ["assets", "assets", "manifests"]


def test_private_prompts_are_hidden_in_the_store(new, painter, store):
    result = (
        new().step(painter, model="m", prompt="my secret fox", prompt_visibility="private").run(sink=sink_of(store))
    )
    assert "secret" not in path_of(result.manifest.manifest_uri).read_text()
    assert stored_manifest(result).run.steps[0].prompt.startswith("redacted:sha256:")
    assert result.run.steps[0].prompt == "my secret fox"


def test_what_a_failed_step_had_made_is_not_stored(new, folder, tmp_path):
    class HalfDone(Painter):
        def painted(self, step):
            step = super().painted(step)
            step.status, step.error = "failed", "only half of it"
            return step

    store = LocalFolderStore(tmp_path / "store")
    pipeline = new().step(HalfDone(folder), model="a").step(Painter(folder), model="b")
    result = pipeline.run(sink=ObjectStorageSink(store), fail_fast=False, raise_on_failure=False)
    assert [len(step.assets) for step in result.run.steps] == [0, 1]
    assert len(list((tmp_path / "store").rglob("*.png"))) == 1


def test_storing_a_run_writes_its_outputs_and_its_manifest_and_nothing_else(new, painter, tmp_path):
    store = Watched(tmp_path / "store")
    new(tenant_id="acme").step(painter, model="a").step(painter, model="b").run(sink=ObjectStorageSink(store))
    assert sorted(Path(key).suffix for key, _ in store.written) == [".json", ".png", ".png"]


@pytest.mark.parametrize("strategy", KeyStrategy)
def test_equal_contents_of_a_run_become_one_object(new, folder, store, strategy):
    class Eightfold(Painter):
        def painted(self, step):
            step.assets = [png(paint(self.folder / f"{number}.png", "same")) for number in range(8)]
            return step

    result = new().step(Eightfold(folder), model="m").run(sink=sink_of(store, key_strategy=strategy))
    assert len(store.written) == 2
    assert len({asset.url for asset in result.assets}) == 1
    assert stored_manifest(result).verify()


def test_an_input_that_an_earlier_step_made_names_the_object(new, painter, store):
    result = new(chain=True).step(painter, model="a").step(painter, model="b").run(sink=sink_of(store))
    assert result.run.steps[1].inputs[0].url == result.run.steps[0].assets[0].url
    assert str(painter.folder) not in path_of(result.manifest.manifest_uri).read_text()


@pytest.mark.parametrize(
    ("strategy", "embed"),
    [(KeyStrategy.CONTENT_ADDRESSABLE, False), (KeyStrategy.HIERARCHICAL, False), (KeyStrategy.HIERARCHICAL, True)],
)
def test_a_file_that_a_step_was_given_is_stored_too(new, folder, store, tmp_path, strategy, embed):
    own = paint(tmp_path / "home" / "own.png", "own")
    pipeline = new().step(Painter(folder), model="m", external_inputs=[png(own)])
    sink = sink_of(store, key_strategy=strategy, embed=embed)
    result = pipeline.run(sink=sink)
    given = result.run.steps[0].inputs[0]
    assert sha256(path_of(given.url)) == sha256(own) == given.sha256
    assert str(tmp_path / "home") not in path_of(result.manifest.manifest_uri).read_text()
    assert stored_manifest(result).verify()
    assert [each.status for each in result.deliveries.transfers] == ["stored", "stored"]
    before = store.keys
    sink.write_run(result.run, result.manifest)
    assert store.keys == before


def test_a_file_that_a_step_was_given_may_stay_where_it_is(new, painter, store, tmp_path):
    own = paint(tmp_path / "home" / "own.png", "own")
    pipeline = new().step(painter, model="m", external_inputs=[png(own)])
    result = pipeline.run(sink=sink_of(store, store_inputs=False))
    assert path_of(result.run.steps[0].inputs[0].url) == own
    assert len(store.keys) == 2


def test_equal_content_has_one_key_however_its_extension_is_spelt(tmp_path, store):
    paths = [paint(tmp_path / name, "same") for name in ("a.jpg", "b.jpeg", "c.JPE")]
    sink = sink_of(store)
    for path in paths:
        sink.put_asset(Asset(url=path.as_uri(), media_type="image/jpeg"))
    assert [key.rpartition(".")[2] for key in store.keys] == ["jpg"]


def test_uploads_begin_while_other_steps_are_under_way(new, folder, store):
    seen = []

    class Second(Painter):
        def painted(self, step):
            for _ in range(1000):
                if any("/assets/" in key for key in store.keys):
                    seen.append(True)
                    break
                threading.Event().wait(0.01)
            return super().painted(step)

    new().step(Painter(folder), model="a").step(Second(folder), model="b").run(sink=sink_of(store))
    assert seen


def test_a_sink_serves_many_runs_also_after_it_was_closed(new, painter, store):
    sink = sink_of(store)
    first = new().step(painter, model="a").run(sink=sink)
    sink.close()
    second = new().step(painter, model="b").run(sink=sink)
    assert stored_manifest(first).verify()
    assert stored_manifest(second).verify()


@pytest.mark.parametrize("strategy", KeyStrategy)
def test_writing_a_run_again_changes_nothing(new, painter, store, strategy):
    result = new().step(painter, model="m").run(sink=sink_of(store, key_strategy=strategy))
    before = {key: store.get(key) for key in store.keys}
    sink_of(store, key_strategy=strategy).write_run(result.run, result.manifest)
    assert {key: store.get(key) for key in store.keys} == before


@pytest.mark.parametrize("strategy", KeyStrategy)
def test_a_different_manifest_of_the_same_run_takes_nobodys_place(new, painter, store, strategy):
    sink = sink_of(store, key_strategy=strategy)
    result = new().step(painter, model="m").run(sink=sink)
    first, first_uri = stored_manifest(result), result.manifest.manifest_uri
    result.run.metadata["more"] = True
    sink.retry(result)
    assert parse_manifest(path_of(first_uri).read_bytes()).canonical_hash == first.canonical_hash
    aside = stored_manifest(result)
    assert aside.canonical_hash == result.manifest.canonical_hash != first.canonical_hash
    assert aside.manifest_uri == result.manifest.manifest_uri
    assert path_of(aside.manifest_uri).name.endswith(f".{aside.canonical_hash[:12]}.json")
    assert [each.status for each in result.deliveries.manifests] == ["diverged"]


def test_a_redacted_manifest_of_the_same_run_counts_as_equal(new, painter, store):
    sink = sink_of(store)
    result = new().step(painter, model="m", prompt="my secret fox", prompt_visibility="private").run(sink=sink)
    again = Manifest.from_run(result.run)  # another process knows no salts
    sink.write_run(result.run, again)
    assert again.manifest_uri == result.manifest.manifest_uri
    assert len(store.keys) == 2


def test_a_failed_upload_loses_nothing_and_retry_finishes_the_rest(new, painter, store):
    sink = sink_of(store, key_strategy=KeyStrategy.HIERARCHICAL)
    pipeline = new().step(painter, model="a").step(painter, model="b")
    store.broken = ["assets/"]
    result = pipeline.run(sink=sink)
    assert not result.ok
    assert [each.status for each in result.deliveries.transfers] == ["failed", "failed"]
    assert all("the store is full" in each.error for each in result.deliveries.transfers)
    assert result.manifest.transfer_failures == [asset.asset_id for asset in result.assets]
    assert result.manifest.manifest_uri is None
    assert all(verify_file(result.local_path(asset), plugins=kernel_plugins()).ok for asset in result.assets)
    store.broken = [result.assets[1].asset_id]
    with pytest.raises(SinkError, match="1 of 2 outputs"):
        sink.retry(result)
    assert [each.status for each in result.deliveries.transfers] == ["stored", "failed"]
    assert store.keys == [key for key in store.keys if result.assets[0].asset_id in key]
    store.broken = []
    store.written.clear()
    sink.retry(result)
    assert result.ok
    assert result.manifest.transfer_failures == []
    assert len(store.written) == 2
    assert all(sha256(path_of(asset.url)) == asset.sha256 for asset in result.assets)
    assert stored_manifest(result).verify()


def test_a_manifest_that_could_not_be_written_is_written_by_retry(new, painter, store):
    sink = sink_of(store)
    store.broken = ["manifests/"]
    result = new().step(painter, model="m").run(sink=sink)
    assert [each.status for each in result.deliveries.transfers] == ["stored"]
    assert result.manifest.manifest_uri is None
    store.broken = []
    sink.retry(result)
    assert result.ok
    assert stored_manifest(result).verify()


def test_a_file_that_changed_after_it_was_hashed_is_not_stored(tmp_path, store):
    asset = png(paint(tmp_path / "a.png", "a"))
    asset.set_hash(b"something else")
    run = Run(steps=[Step(provider="p", model="m", assets=[asset])])
    with pytest.raises(SinkError, match="has changed"):
        sink_of(store).write_run(run, Manifest.from_run(run))
    assert store.keys == []


def test_an_object_that_does_not_exist_is_not_taken_for_stored(store):
    digest = hashlib.sha256(b"forged").hexdigest()
    key = f"genblaze/assets/{digest[:2]}/{digest[2:4]}/{digest}.png"
    asset = png(path_of(store.url_of(key)))
    asset.sha256, asset.size_bytes = digest, 6
    run = Run(steps=[Step(provider="p", model="m", assets=[asset])])
    with pytest.raises(SinkError):
        sink_of(store).write_run(run, Manifest.from_run(run))


def test_a_torn_object_is_written_again(new, painter, store):
    result = new().step(painter, model="m").run(sink=sink_of(store))
    object_path = path_of(result.assets[0].url)
    object_path.write_bytes(b"torn")
    new("again").step(Painter(painter.folder), model="m").run(sink=sink_of(store))
    assert sha256(object_path) == result.assets[0].sha256


def test_a_file_that_the_run_did_not_write_is_not_sent_away(tmp_path, store, monkeypatch):
    secret = png(paint(tmp_path / "home" / "secret.png", "secret"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    monkeypatch.setattr("genblaze.file_urls.CLOCK_SLACK", -3600.0)
    run = Run(steps=[Step(provider="p", model="m", assets=[secret])])
    with pytest.raises(SinkError, match="lies in no folder of the run"):
        sink_of(store).write_run(run, Manifest.from_run(run))
    assert store.keys == []
    sink_of(store, allowed_roots=[tmp_path / "home"]).write_run(run, Manifest.from_run(run))
    assert store.keys


def test_files_in_the_folder_that_the_provider_was_given_are_stored(tmp_path, store, new, monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    monkeypatch.setattr("genblaze.file_urls.CLOCK_SLACK", -3600.0)
    painter = Painter(tmp_path / "mine")
    painter.output_dir = str(tmp_path / "mine")
    assert new().step(painter, model="m").run(sink=sink_of(store)).ok


@pytest.mark.parametrize("tenant", ["../x", "a/b", "..", "a\\b", ".genblaze-x"])
def test_a_tenant_that_cannot_be_a_folder_is_refused_before_anything_is_paid(folder, painter, store, tenant):
    from genblaze import Pipeline

    pipeline = Pipeline("p", output_dir=folder, plugins=kernel_plugins(), tenant_id=tenant).step(painter, model="m")
    with pytest.raises(InvalidValueError, match="tenant_id"):
        pipeline.run(sink=sink_of(store))
    assert painter.calls == 0


@pytest.mark.parametrize(
    ("tenant", "prefix"), [("t" * 300, "genblaze"), ("acme", "p/" * 480)], ids=["tenant", "prefix"]
)
def test_keys_that_are_too_long_for_the_store_are_refused_before_anything_is_paid(
    folder, painter, store, tenant, prefix
):
    from genblaze import Pipeline

    pipeline = Pipeline("p", output_dir=folder, plugins=kernel_plugins(), tenant_id=tenant).step(painter, model="m")
    with pytest.raises(StorageError, match="is no key.* long"):
        pipeline.run(sink=ObjectStorageSink(store, prefix=prefix, key_strategy=KeyStrategy.HIERARCHICAL))
    assert painter.calls == 0


def test_a_tenant_called_runs_stays_in_its_folder(folder, painter, store):
    from genblaze import Pipeline

    pipeline = Pipeline("p", output_dir=folder, plugins=kernel_plugins(), tenant_id="runs").step(painter, model="m")
    pipeline.run(sink=sink_of(store, key_strategy=KeyStrategy.HIERARCHICAL))
    assert all(key.startswith("genblaze/runs/runs/2") for key in store.keys)


@pytest.mark.parametrize("prefix", ["../x", "a/./b", "a\\b", ".genblaze"])
def test_a_prefix_that_cannot_begin_a_key_is_refused(store, prefix):
    with pytest.raises(InvalidValueError, match="prefix"):
        sink_of(store, prefix=prefix)


@pytest.mark.parametrize(
    ("name", "media_type", "extension"),
    [
        ("a.PNG", "image/png", ".PNG"),
        ("a.php", "image/png", ".png"),
        ("a.tar.gz", "application/gzip", ".gz"),
        ("a.p%2Fng", "image/png", ".png"),
        ("a", "image/webp", ".webp"),
        ("a.exe", "application/x-unheard-of", ""),
    ],
)
def test_an_extension_is_a_known_one_of_the_source_or_that_of_the_type(name, media_type, extension):
    assert extension_of(f"https://vendor.test/{name}?sig=1", media_type) == extension


def test_a_further_sink_that_fails_leaves_the_run_stored(new, painter, store, caplog):
    class Broken(BaseSink):
        def write_run(self, run, manifest):
            raise RuntimeError("no table today")

        def close(self):
            pass

    result = new().step(painter, model="m").run(sink=sink_of(store, parquet_sink=Broken()))
    assert result.ok
    assert stored_manifest(result).verify()
    assert "no table today" in caplog.text


def test_urls_that_expire_are_no_records(store):
    with pytest.raises(URLPolicyError):
        sink_of(store, asset_url_policy=URLPolicy.PRESIGNED)


def test_a_sink_may_be_named_by_its_url_or_be_several(tmp_path, painter, new):
    from genblaze.builtin import local_store

    plugins = kernel_plugins(local_store=local_store)
    second = Watched(tmp_path / "second")
    pipeline = new(plugins=plugins).step(painter, model="m")
    result = pipeline.run(sink=[f"file://{tmp_path}/first", sink_of(second)])
    assert result.ok
    digest = result.assets[0].sha256
    assert sha256(tmp_path / "first" / "assets" / digest[:2] / digest[2:4] / f"{digest}.png") == digest
    first = parse_manifest((tmp_path / "first" / "manifests" / f"{result.run.run_id}.json").read_bytes())
    assert first.run.steps[0].assets[0].url.startswith(f"file://{tmp_path}/first/")
    assert len(second.keys) == 2
    with pytest.raises(GenblazeError, match="nowhere"):
        pipeline.run(sink="nowhere://bucket")


def test_the_path_of_a_buckets_url_is_the_prefix(store, painter, new):
    from genblaze import Capability, hookimpl

    class Buckets:
        @hookimpl
        def provides(self):
            return [Capability(hook="store", key="acme")]

        @hookimpl
        def store(self, url):
            return store

    pipeline = new(plugins=kernel_plugins(buckets=Buckets())).step(painter, model="m")
    pipeline.run(sink="acme://bucket/some/prefix/")
    assert [key.split("/")[:3] for key in store.keys] == [
        ["some", "prefix", "assets"],
        ["some", "prefix", "manifests"],
    ]


def test_a_backend_of_the_published_kind_is_a_store(new, painter):
    class Memory(StorageBackend):
        def __init__(self):
            self.objects = {}

        def put(self, key, data, *, content_type=None, metadata=None, extra_args=None):
            self.objects[key] = data if isinstance(data, bytes) else data.read()
            return self.get_durable_url(key)

        def get(self, key):
            return self.objects[key]

        def exists(self, key):
            return key in self.objects

        def delete(self, key):
            self.objects.pop(key, None)

        def get_url(self, key, *, expires_in=3600):
            return self.get_durable_url(key)

        def get_durable_url(self, key):
            return f"https://memory.example/{key}"

    backend = Memory()
    result = new().step(painter, model="m").run(sink=sink_of(backend))
    assert result.ok
    key = result.assets[0].url.removeprefix("https://memory.example/")
    assert hashlib.sha256(backend.objects[key]).hexdigest() == result.assets[0].sha256
    assert json.loads(backend.objects[f"genblaze/manifests/{result.run.run_id}.json"])["manifest_uri"]


def test_a_sink_of_another_shape_is_asked_for_nothing_but_the_published_methods(new, painter):
    class Plain:
        def __init__(self):
            self.runs = []

        def write_run(self, run, manifest):
            self.runs.append(run.run_id)

        def check(self):
            raise AssertionError

        deliver = check

    sink = Plain()
    result = new().step(painter, model="m").run(sink=sink)
    assert sink.runs == [result.run.run_id]
