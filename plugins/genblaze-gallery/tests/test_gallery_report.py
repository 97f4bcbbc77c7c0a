"""What the report says of files and runs, and what it keeps to itself."""

from __future__ import annotations

import io
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from exhibitions import HOSTILE, SECRET, image
from PIL import Image

from genblaze import Asset, Manifest, Pipeline, Run, Step
from genblaze.cli.main import run
from genblaze.data_urls import content_of
from genblaze_gallery import collect, render
from genblaze_gallery.thumbnails import thumbnail

NO_RUNS = Path("/nonexistent")


def gallery_of(*sources):
    return collect(map(str, sources), output_dir=NO_RUNS)


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def one_file(tmp_path):
    result = image(Pipeline("single", output_dir=tmp_path / "output"), "a fox", size="64x48").run()
    return result.local_path(result.assets[0])


def test_equal_galleries_give_equal_pages(exhibition, tmp_path):
    target = tmp_path / "report.html"
    assert render(gallery_of(exhibition), target) == render(gallery_of(exhibition), target)


def test_a_private_prompt_stays_out_of_the_page(exhibition, tmp_path):
    page = render(gallery_of(exhibition), tmp_path / "report.html")
    assert "hidden (sha256 " in page
    assert SECRET not in page


def test_a_full_manifest_is_shown_as_the_public_may_see_it(tmp_path):
    pipeline = image(
        Pipeline("film", output_dir=tmp_path / "output"), SECRET, prompt_visibility="private", size="64x48"
    )
    manifest = pipeline.run().save_manifest(tmp_path / "full.json", full=True)
    assert SECRET in manifest.read_text()
    gallery = gallery_of(manifest)
    assert [exhibit.verdict for exhibit in gallery.exhibits] == ["exact"]
    assert SECRET not in render(gallery, tmp_path / "report.html")


def test_text_from_files_and_prompts_never_becomes_markup(tmp_path):
    folder = tmp_path / "output"
    result = image(Pipeline(HOSTILE, output_dir=folder), HOSTILE, size="64x48", caption=False).run()
    made = result.local_path(result.assets[0])
    shutil.move(made, folder / "<img src=x onerror=alert(3)>\"'&.png")
    page = render(gallery_of(folder), tmp_path / "report.html")
    tags = Elements(page).found
    assert [tag for tag, _ in tags].count("script") == 1
    assert [attributes for _, attributes in tags if any(name.startswith("on") for name in attributes)] == []
    assert [attributes["src"] for tag, attributes in tags if tag == "img" and attributes["src"] == "x"] == []
    assert "{{ 7 * 7 }}" in page


def test_the_policy_of_the_page_forbids_every_request_to_others(one_file, tmp_path):
    page = render(gallery_of(one_file), tmp_path / "report.html")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src &#39;none&#39;;")
    assert not re.search(r"unsafe|http|\*", policy)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_a_file_that_is_gone_is_missing_and_not_forgotten(one_file):
    result_manifest = one_file.parent / "manifest.json"
    image(Pipeline("gone", output_dir=one_file.parent), "a fox", size="64x48").run().save_manifest(result_manifest)
    for path in one_file.parent.glob("*.png"):
        if path != one_file:
            path.unlink()
    verdicts = {exhibit.verdict for exhibit in gallery_of(one_file.parent).exhibits}
    assert verdicts == {"exact", "missing"}


def test_a_manifest_from_elsewhere_shows_no_other_file_of_this_machine(tmp_path):
    letter = tmp_path / "private" / "letter.txt"
    letter.parent.mkdir()
    letter.write_text("dear diary")
    result = image(Pipeline("trap", output_dir=tmp_path / "output"), "a fox", size="64x48").run()
    asset = result.manifest.run.steps[0].assets[0]
    asset.url, asset.media_type = letter.as_uri(), "text/plain"
    result.manifest.compute_hash()
    (tmp_path / "manifest.json").write_text(result.manifest.to_canonical_json())
    page = render(gallery_of(tmp_path / "manifest.json"), tmp_path / "report.html")
    assert "dear diary" not in page
    assert "Altered" in page


def test_large_films_are_linked_to_from_where_the_page_lies(exhibition, tmp_path):
    page = render(gallery_of(exhibition), exhibition.parent / "pages" / "report.html", embedded_file_bytes=1000)
    (source,) = [attributes["src"] for tag, attributes in Elements(page).found if tag == "video"]
    assert (exhibition.parent / "pages" / source).resolve().is_file()
    assert source.startswith("../output/")


def test_a_run_is_named_by_the_beginning_of_its_id(one_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GENBLAZE_OUTPUT_DIR", str(one_file.parent))
    (shown,) = gallery_of(one_file).runs
    target = tmp_path / "run.html"
    assert run(["report", shown.run_id[:8], "-o", str(target)]) == 0
    assert "1 files of 1 runs, all verified" in capsys.readouterr().out
    assert run(["report", "no-such-run"]) == 1
    assert "no-such-run" in capsys.readouterr().err


def test_a_folder_without_anything_of_ours_gives_a_page_that_says_so(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    assert "There is nothing to show" in render(gallery_of(tmp_path), tmp_path / "report.html")


def test_a_damaged_picture_costs_only_its_thumbnail(one_file, tmp_path):
    one_file.write_bytes(one_file.read_bytes()[:200])
    page = render(gallery_of(one_file), tmp_path / "report.html")
    assert one_file.name in page


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_pictures_of_the_usual_formats_have_thumbnails_no_larger_than_needed(kind, tmp_path):
    path = tmp_path / "picture"
    Image.effect_noise((2000, 1000), 30).save(path, kind)
    shown = Image.open(io.BytesIO(content_of(thumbnail(path))))
    assert (shown.format, shown.size) == ("WEBP", (480, 240))


def test_a_programs_format_is_not_opened(tmp_path):
    path = tmp_path / "picture.eps"
    Image.new("RGB", (8, 8)).save(path)
    assert thumbnail(path) is None


def test_two_manifests_of_one_run_that_disagree_do_not_stop_the_report(tmp_path):
    for number, count in enumerate((1, 3)):
        gone = Asset(asset_id=f"a{number}", url="file:///gone.png", media_type="image/png")
        steps = [Step(provider="p", model="m", assets=[gone]) for _ in range(count)]
        manifest = Manifest.from_run(Run(run_id="same", steps=steps))
        (tmp_path / f"{number}.json").write_text(manifest.to_canonical_json())
    assert "gone.png" in render(gallery_of(tmp_path), tmp_path / "report.html")
