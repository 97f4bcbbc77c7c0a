"""The gallery's commands on a bucket: what lies in it is indexed, found, verified and shown."""

from __future__ import annotations

import json

import pytest

from genblaze import Modality, ObjectStorageSink, Pipeline
from genblaze.cli.main import run

pytestmark = [pytest.mark.slow, pytest.mark.needs_plugins]


@pytest.fixture
def stored(backend, amazon_variables, tmp_path, monkeypatch):
    """Two runs under a prefix that needs quoting; their local files are gone."""
    monkeypatch.chdir(tmp_path)
    sink = ObjectStorageSink(backend, prefix="my runs")
    for prompt in ("a red fox", "a blue whale"):
        pipeline = Pipeline("stored", output_dir=tmp_path / "gone")
        pipeline.step("local-image", model="local-image-1", prompt=prompt, modality=Modality.IMAGE, size="96x64")
        result = pipeline.run(sink=sink)
        result.local_path(result.assets[0]).unlink()
    return backend


def keys(backend, ending):
    return [entry.key for entry in backend.list().entries if entry.key.endswith(ending)]


@pytest.fixture
def url(bucket):
    return f"s3://{bucket}/my runs"


def test_a_bucket_is_indexed_and_only_what_changed_is_read_again(stored, url, capsys):
    assert run(["index", url]) == 0
    assert "2 added" in capsys.readouterr().out
    assert run(["index"]) == 0
    assert "0 added, 0 changed, 0 removed, 2 unchanged" in capsys.readouterr().out
    stored.delete(keys(stored, ".json")[0])
    assert run(["index"]) == 0
    assert "1 removed, 1 unchanged" in capsys.readouterr().out
    assert run(["search", "--json"]) == 0
    (hit,) = json.loads(capsys.readouterr().out)["hits"]
    (left,) = keys(stored, ".json")
    assert hit["files"] == [url.replace(" ", "%20") + left.removeprefix("my runs")]


def test_the_files_of_a_bucket_are_verified_and_shown(stored, url, tmp_path, capsys):
    assert run(["report", url, "-o", "bucket.html"]) == 0
    assert "2 files of 2 runs, all verified" in capsys.readouterr().out
    assert (tmp_path / "bucket.html").read_text().count('src="data:image/webp;base64,') == 2


def test_an_object_that_was_changed_or_is_gone_is_marked(stored, url, tmp_path, capsys):
    changed, gone = keys(stored, ".png")
    stored.put(changed, stored.get(changed)[:-20] + b"something else      ")
    stored.delete(gone)
    assert run(["report", url, "-o", "bucket.html"]) == 0
    assert "2 files of 2 runs, 2 not verified" in capsys.readouterr().out
    page = (tmp_path / "bucket.html").read_text()
    assert 'data-verdict="altered"' in page
    assert 'data-verdict="missing"' in page
