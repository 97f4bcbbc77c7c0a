"""The index: kept up to date it is what it would be if made anew, and it holds nothing private."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from genblaze import Asset, GenblazeError, InvalidValueError, Manifest, Modality, Run, Step, embed_manifest
from genblaze.cli.main import run
from genblaze_gallery.index import Index
from genblaze_gallery.searching import Query, search

SECRET = "the unannounced lighthouse"


def digest_of(number: int) -> str:
    return f"{number:064x}"


def manifest_of(number: int, prompt: str = "a red fox in the snow", **step) -> Manifest:
    made = Asset(asset_id=f"asset-{number}", url=f"file:///made/asset-{number}.png", media_type="image/png")
    made.sha256 = digest_of(number)
    fields = {"provider": "local", "model": "local-image-1", "cost_usd": 0.25, "prompt": prompt, "assets": [made]}
    when = datetime(2026, 1, 1 + number % 28, 12, tzinfo=UTC)
    return Manifest.from_run(
        Run(
            run_id=f"run-{number}",
            name=f"run {number}",
            created_at=when,
            parent_run_id=f"run-{number - 1}" if number else None,
            steps=[Step(step_id=f"step-{number}", **{**fields, **step})],
        )
    )


def write(path: Path, manifest: Manifest) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(manifest.to_canonical_json())
    return path


def content(index: Index) -> list:
    """All that an index says, without the numbers of its rows."""
    index.db.execute("INSERT INTO prompts (prompts, rank) VALUES ('integrity-check', 1)")
    queries = (
        "SELECT address FROM places",
        "SELECT address, stamp, hex(digest) FROM files LEFT JOIN manifests ON id = manifest",
        "SELECT hex(digest), run_id, name, parent_run_id, canonical_hash, status, created_at FROM manifests",
        "SELECT hex(m.digest), step_index, provider, model, step_type, modality, s.status, prompt, negative_prompt, "
        "cost_usd, started_at, completed_at FROM steps s JOIN manifests m ON m.id = manifest",
        "SELECT hex(m.digest), step_index, role, position, asset_id, sha256, media_type, url "
        "FROM assets JOIN steps s ON s.id = step JOIN manifests m ON m.id = manifest",
        "SELECT rowid IN (SELECT id FROM steps), count(*) FROM prompts WHERE prompts MATCH 'fox' GROUP BY 1",
    )
    return [sorted(map(repr, index.db.execute(query))) for query in queries]


@pytest.fixture
def index(tmp_path):
    with Index(tmp_path / "index.db") as opened:
        yield opened


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> list[bytes]:
    """Files that carry a manifest."""
    path = tmp_path_factory.mktemp("pictures") / "picture.png"
    made = []
    for number in range(3):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(path)
        embed_manifest(path, manifest_of(number, "a fox in a file"))
        made.append(path.read_bytes())
    return made


NAMES = st.sampled_from(["a.json", "b.json", "deep/c.json", "d.png", "deep/e.png", "d.png.genblaze.json", "f.txt"])
CHANGES = st.lists(
    st.tuples(NAMES, st.sampled_from(["manifest", "picture", "other", "nothing", "rename"]), st.integers(0, 2)),
    min_size=1,
    max_size=6,
)


def change(folder: Path, name: str, what: str, number: int, pictures: list[bytes]) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if what == "nothing":
        path.unlink(missing_ok=True)
    elif what == "rename" and path.exists():
        path.rename(folder / f"renamed{path.suffix}")
    elif what == "manifest":
        write(path, manifest_of(number))
    else:
        path.write_bytes(pictures[number] if what == "picture" else b'{"something": "else"}')


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rounds=st.lists(CHANGES, min_size=1, max_size=5))
def test_an_index_kept_up_to_date_equals_one_made_anew(rounds, pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    with Index(None) as kept:
        for changes in rounds:
            for name, what, number in changes:
                change(folder, name, what, number, pictures)
            kept.refresh(str(folder))
            with Index(None) as anew:
                anew.refresh(str(folder))
                assert content(kept) == content(anew)


def test_only_what_has_changed_is_read_again(index, tmp_path):
    folder = tmp_path / "made"
    paths = [write(folder / f"{number}.json", manifest_of(number)) for number in range(3)]
    assert index.refresh(str(folder)).added == 3
    write(paths[0], manifest_of(0, "a blue whale"))
    paths[1].unlink()
    os.utime(paths[2])
    done = index.refresh(str(folder))
    assert (done.added, done.changed, done.removed, done.unchanged) == (0, 2, 1, 0)
    assert [hit.prompt for hit in search(index, Query())] == ["a red fox in the snow", "a blue whale"]


def test_a_change_that_leaves_size_and_date_as_they_were_is_seen(index, tmp_path):
    path = write(tmp_path / "made" / "1.json", manifest_of(1, "a red fox"))
    index.refresh(str(path.parent))
    before = path.stat()
    write(path, manifest_of(1, "a mad fox"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    index.refresh(str(path.parent))
    assert [hit.prompt for hit in search(index, Query())] == ["a mad fox"]


def test_private_prompts_are_nowhere_in_the_file(tmp_path):
    write(tmp_path / "made" / "1.json", manifest_of(1, SECRET, prompt_visibility="private", params={"p": SECRET}))
    with Index(tmp_path / "index.db") as index:
        index.refresh(str(tmp_path / "made"))
        assert [hit.prompt for hit in search(index, Query())] == [None]
        index.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"unannounced" not in (tmp_path / "index.db").read_bytes()


@pytest.fixture
def filled(index, tmp_path):
    folder = tmp_path / "made"
    write(folder / "1.json", manifest_of(1))
    write(
        folder / "2.json", manifest_of(2, "Café des Rêves, foxes dancing", model="flux-2", provider="bfl", cost_usd=2.0)
    )
    write(folder / "3.json", manifest_of(3, None, modality=Modality.VIDEO, cost_usd=None))
    index.refresh(str(folder))
    return index


@pytest.mark.parametrize(
    ("query", "runs"),
    [
        ({}, [3, 2, 1]),
        ({"text": "fox snow"}, [1]),
        ({"text": "fox"}, [2, 1]),
        ({"text": '"red fox"'}, [1]),
        ({"text": '"fox red"'}, []),
        ({"text": "cafe reves"}, [2]),
        ({"text": 'AND NOT ( " * fox'}, []),
        ({"model": "flux*"}, [2]),
        ({"model": "flux"}, []),
        ({"model": "[f]*"}, []),
        ({"provider": "local"}, [3, 1]),
        ({"modality": "video"}, [3]),
        ({"since": "2026-01-03"}, [3, 2]),
        ({"until": "2026-01-03T12:00"}, [1]),
        ({"min_cost": 1}, [2]),
        ({"max_cost": 1}, [1]),
        ({"parent": "run-1"}, [2]),
        ({"run": "run-3"}, [3]),
        ({"hash": digest_of(2)}, [2]),
        ({"hash": digest_of(2)[:63]}, [3, 2, 1]),
        ({"limit": 1}, [3]),
    ],
)
def test_a_search_finds_what_fits_and_nothing_else(filled, query, runs):
    assert [hit.run_id for hit in search(filled, Query(**query))] == [f"run-{number}" for number in runs]


@pytest.mark.parametrize("query", [{"text": "***"}, {"hash": "xyz!"}, {"since": "yesterday"}])
def test_a_question_that_cannot_be_understood_says_what_to_write(filled, query):
    with pytest.raises(InvalidValueError, match="write|no word"):
        search(filled, Query(**query))


def test_every_output_of_a_run_tells_of_it_and_it_is_found_once(index, pictures, tmp_path):
    for name in ("asset-1.png", "copy.png"):
        (tmp_path / name).write_bytes(pictures[1])
    write(tmp_path / "stored" / "manifest.json", manifest_of(1, "a fox in a file", cost_usd=0.5))
    index.refresh(str(tmp_path))
    (hit,) = search(index, Query())
    assert str(tmp_path / "asset-1.png") in hit.files
    assert index.counts() == (1, 2, 3)


def test_a_place_inside_another_is_not_kept_twice(index, tmp_path):
    write(tmp_path / "made" / "inner" / "1.json", manifest_of(1))
    for place in ("made/inner", "made", "made/inner"):
        index.refresh(str(tmp_path / place))
    assert index.places() == [str(tmp_path / "made")]
    index.forget(str(tmp_path / "made"))
    assert index.places() == []
    assert index.counts() == (0, 0, 0)


def test_a_file_that_is_no_index_is_left_alone(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("dear diary, " * 100)
    with pytest.raises(GenblazeError, match="no index of genblaze"):
        Index(path)
    assert path.read_text() == "dear diary, " * 100


def test_another_database_is_left_alone(tmp_path):
    path = tmp_path / "accounts.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE accounts (name TEXT)")
    db.close()
    with pytest.raises(GenblazeError, match="no index of genblaze"):
        Index(path)


def test_names_that_are_no_text_do_not_stop_the_index(index, tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    write(folder / os.fsdecode(b"\xff.json"), manifest_of(1))
    index.refresh(str(folder))
    assert index.refresh(str(folder)).unchanged == 1
    assert len(search(index, Query())) == 1


def test_the_commands_index_and_search_work_together(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GENBLAZE_OUTPUT_DIR", str(tmp_path / "output"))
    write(tmp_path / "output" / "1.json", manifest_of(1, "a red fox\x1b[31m"))
    assert run(["index"]) == 0
    assert "1 added" in capsys.readouterr().out
    assert run(["search", "fox", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hits"][0]["run_id"] == "run-1"
    assert run(["search", "fox"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert run(["search", "whale"]) == 1
    assert run(["index", str(tmp_path / "gone"), "--rebuild"]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_places_are_forgotten_and_all_others_kept_when_all_is_read_again(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("one", "two", "three")):
        write(tmp_path / name / "1.json", manifest_of(number))
    assert run(["index", "one", "two"]) == 0
    assert run(["index", "three", "--rebuild", "--forget", "one"]) == 0
    with Index(tmp_path / "output" / ".genblaze" / "index.db") as index:
        assert index.places() == [str(tmp_path / "three"), str(tmp_path / "two")]
        assert index.counts()[0] == 2
    capsys.readouterr()
    assert run(["index", "--forget", "two", "--forget", "three"]) == 0
    assert capsys.readouterr().out == "0 runs, 0 steps, told by 0 files\n"


def test_two_processes_may_index_at_once(tmp_path):
    for number in range(40):
        write(tmp_path / "made" / f"{number}.json", manifest_of(number))
    command = [sys.executable, "-m", "genblaze", "index", str(tmp_path / "made"), "--index", str(tmp_path / "index.db")]
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    with Index(tmp_path / "index.db") as index:
        assert index.counts() == (40, 40, 40)


def test_those_who_make_an_index_at_the_same_moment_wait_for_each_other(tmp_path):
    for number in range(100):
        starts = Barrier(4)

        def make(path=tmp_path / f"{number}.db", starts=starts):
            starts.wait()
            Index(path).close()

        with ThreadPoolExecutor(4) as people:
            for made in [people.submit(make) for _ in range(4)]:
                made.result()


@pytest.mark.slow
def test_an_index_whose_process_was_killed_is_whole_and_goes_on(tmp_path):
    folder, file = tmp_path / "made", tmp_path / "index.db"
    for number in range(1500):
        write(folder / f"{number}.json", manifest_of(number))
    command = [sys.executable, "-m", "genblaze", "index", str(folder), "--index", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    journal = file.with_name("index.db-wal")
    while process.poll() is None and not (journal.exists() and journal.stat().st_size > 300_000):
        time.sleep(0.001)
    process.kill()
    process.wait()
    with Index(file) as killed, Index(None) as anew:
        done = killed.refresh(str(folder))
        anew.refresh(str(folder))
        assert content(killed) == content(anew)
        assert done.added + done.unchanged == 1500
