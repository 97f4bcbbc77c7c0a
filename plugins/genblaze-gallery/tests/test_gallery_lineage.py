"""Lineage: what a file came from and what came of it, as text and as W3C PROV that the `prov` package reads."""

from __future__ import annotations

import pytest
from exhibitions import paint_over
from prov.model import (
    ProvActivity,
    ProvAgent,
    ProvAssociation,
    ProvCommunication,
    ProvDerivation,
    ProvDocument,
    ProvEntity,
    ProvGeneration,
    ProvUsage,
)

from genblaze import Asset, Manifest, Run, Step, extract_manifest, strip_manifest
from genblaze.cli.main import run
from genblaze_gallery.index import Index
from genblaze_gallery.lineage import Sources, history_of
from genblaze_gallery.tree import future, lines_of, past, relatives


@pytest.fixture
def shown(capsys, monkeypatch, tmp_path):
    """What the command prints."""
    monkeypatch.setenv("GENBLAZE_OUTPUT_DIR", str(tmp_path / "none"))

    def printing(*arguments) -> str:
        assert run(["lineage", *map(str, arguments)]) == 0
        return capsys.readouterr().out

    return printing


def made(folder, kind):
    (path,) = folder.glob(f"*.{kind}")
    return path


def fox_and_film(folder):
    film = made(folder, "mp4")
    picture = folder / f"{extract_manifest(film).run.steps[0].assets[0].asset_id}.png"
    return picture, film


def test_a_film_came_from_the_picture_that_its_step_took_in(exhibition, shown):
    picture, film = fox_and_film(exhibition)
    lines = shown(film).splitlines()
    assert lines[1] == "came from"
    assert lines[2].startswith("└── local-video-1  step 1 of winter ")
    assert picture.name in lines[3]
    assert lines[4].startswith("        └── local-image-1  step 0 of winter ")
    assert "became nothing that is known" in lines


def test_a_picture_became_the_film_also_when_its_file_has_another_name(exhibition, shown, tmp_path):
    picture, film = fox_and_film(exhibition)
    renamed = tmp_path / "fox.png"
    renamed.write_bytes(picture.read_bytes())
    assert film.name in shown(renamed).partition("became")[2]


def test_an_altered_file_is_told_from_what_it_was(exhibition, shown, tmp_path):
    picture, film = fox_and_film(exhibition)
    altered = tmp_path / picture.name
    altered.write_bytes(picture.read_bytes())
    paint_over(altered)
    told = shown(altered)
    assert "altered; what follows is about what it was" in told
    assert film.name in told


def test_a_file_without_a_manifest_is_known_by_its_content(exhibition, shown, tmp_path):
    picture, _ = fox_and_film(exhibition)
    bare = tmp_path / "bare.png"
    strip_manifest(picture, output=bare)
    assert "came from nothing that is known" in shown(bare)
    assert "local-video-1" in shown(bare, "--in", exhibition)


def test_the_runs_of_an_agent_loop_stand_below_each_other(exhibition, shown):
    manifests = {path: extract_manifest(path) for path in exhibition.glob("*.png")}
    loop = sorted((each.run.created_at, path) for path, each in manifests.items() if each.run.name == "lighthouse")
    runs = shown(loop[-1][1], "--in", exhibition).partition("runs")[2].strip().splitlines()
    assert [line.count("    ") for line in runs] == [0, 1, 2]
    assert runs[-1].endswith("this one")


def test_a_record_that_runs_in_a_circle_ends(shown, tmp_path):
    one = Asset(url="file:///a.png", media_type="image/png", sha256="a" * 64)
    two = Asset(url="file:///b.png", media_type="image/png", sha256="b" * 64)
    steps = [
        Step(provider="p", model="forth", inputs=[one], assets=[two]),
        Step(provider="p", model="back", inputs=[two], assets=[one]),
    ]
    path = tmp_path / "circle.json"
    path.write_text(Manifest.from_run(Run(run_id="r", parent_run_id="r", steps=steps)).to_canonical_json())
    picture = tmp_path / "a.png"
    picture.write_bytes(b"no picture")
    assert "nothing that is known" in shown(picture, "--in", tmp_path)
    with Index(None) as index:
        index.refresh(str(tmp_path))
        history = history_of("a" * 64, Sources([index]))
        assert [step.model for step in history.before] == ["back", "forth"]
        assert any("as above" in line for line in lines_of(past(history)))
        assert list(lines_of(future(history)))
        assert relatives(history) is None or list(lines_of(relatives(history)))


def test_the_prov_document_is_read_by_the_prov_package_and_says_what_the_runs_did(exhibition, shown):
    picture, _ = fox_and_film(exhibition)
    document = ProvDocument.deserialize(content=shown(picture, "--json"), format="json")

    def count(kind) -> int:
        return len(list(document.get_records(kind)))

    assert (count(ProvEntity), count(ProvAgent), count(ProvActivity)) == (2, 2, 3)
    assert (count(ProvGeneration), count(ProvUsage), count(ProvDerivation), count(ProvAssociation)) == (2, 1, 1, 2)
    again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    assert again == document
    assert document.unified() == document


def test_prov_tells_which_run_goes_on_from_which(exhibition, shown):
    continued = next(path for path in exhibition.glob("*.png") if extract_manifest(path).run.parent_run_id)
    document = ProvDocument.deserialize(content=shown(continued, "--json"), format="json")
    assert len(list(document.get_records(ProvCommunication))) == 1


def test_hostile_names_stay_one_name_in_prov(shown, tmp_path):
    made = Asset(url="file:///a.png", media_type="image/png")
    made.set_hash(b"content")
    step = Step(provider='p:"/ {', model="m\n:x y", assets=[made], prompt="private words", prompt_visibility="private")
    path = tmp_path / "a.png.genblaze.json"
    path.write_text(Manifest.from_run(Run(run_id="r:1/é ", steps=[step])).to_canonical_json())
    (tmp_path / "a.png").write_bytes(b"content")
    told = shown(tmp_path / "a.png", "--json")
    assert "private words" not in told
    assert len(list(ProvDocument.deserialize(content=told, format="json").get_records(ProvAgent))) == 1
