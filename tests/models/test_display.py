"""Records in a notebook: small, escaped, without scripts, and silent about what is not public."""

import subprocess
import sys
from html.parser import HTMLParser

import pytest
from sample_pipelines import Painter, paint, pipeline_in, png

from genblaze import AgentLoop, Asset, Manifest, Run, Step, ThresholdEvaluator
from genblaze.models import display

HOSTILE = "<script>alert(1)</script>\" onerror='alert(2)"
SECRET = "the unannounced lighthouse"
VOID = {"img"}


class Elements(HTMLParser):
    """The elements of a fragment; fails where they are not nested well."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open = [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def sources(self):
        return [attributes["src"] for _, attributes in self.found if "src" in attributes]


def test_a_result_shows_its_outputs_and_its_manifest(tmp_path):
    result = pipeline_in(tmp_path, "two").step(Painter(tmp_path), model="m", prompt="a fox").run()
    html = result._repr_html_()
    assert [source[:22] for source in Elements(html).sources()] == ["data:image/png;base64,"]
    assert "a fox" in html
    assert result.manifest.canonical_hash[:16] in html
    assert "intact" in html


def test_an_agent_loop_shows_its_best_result_and_how_it_was_judged(tmp_path):
    def attempt(context):
        return pipeline_in(tmp_path).step(Painter(tmp_path), model="m", prompt=f"attempt {context.iteration}")

    scores = ThresholdEvaluator(lambda result: result.run.steps[0].prompt == "attempt 1", 1)
    html = AgentLoop(attempt, scores).run()._repr_html_()
    assert "1: not passed (0), 2: passed (1)" in html
    assert "attempt 1" in html
    assert "attempt 0" not in html
    assert len(Elements(html).sources()) == 1


def test_a_manifest_that_was_changed_says_so(tmp_path):
    manifest = Manifest.from_run(Run(name="one", steps=[Step(provider="p", model="m")]))
    manifest.run.steps[0].model = "other"
    assert "not what its hash says" in manifest._repr_html_()


def test_text_of_others_stays_text(tmp_path):
    step = Step(provider=HOSTILE, model=HOSTILE, prompt=HOSTILE, status="failed", error=HOSTILE)
    step.assets = [Asset(asset_id=HOSTILE, url=f"file:///{HOSTILE}", media_type="image/png")]
    manifest = Manifest.from_run(Run(name=HOSTILE, run_id=HOSTILE, steps=[step]))
    fragments = manifest._repr_html_(), step.assets[0]._repr_html_(), display.result_html(manifest, {})
    for fragment in fragments:
        elements = Elements(fragment).found
        assert "script" not in {tag for tag, _ in elements}
        assert not any(name.startswith("on") for _, attributes in elements for name in attributes)


@pytest.mark.parametrize("where", ["prompt", "error"])
def test_what_is_not_public_is_not_shown(where):
    step = Step(provider="p", model="m", prompt="words", prompt_visibility="private", status="failed")
    setattr(step, where, SECRET)
    manifest = Manifest.from_run(Run(steps=[step]))
    assert SECRET not in manifest._repr_html_()
    assert "(hidden)" in manifest._repr_html_()


def test_a_large_file_is_linked_to_from_the_working_folder_or_only_named(tmp_path, monkeypatch):
    large = paint(tmp_path / "inner" / "large one.png", "fox")
    with large.open("ab") as file:
        file.truncate(display.LARGEST_FILE + 1)
    assert Elements(png(large)._repr_html_()).sources() == []
    monkeypatch.chdir(tmp_path)
    assert Elements(png(large)._repr_html_()).sources() == ["inner/large%20one.png"]


def test_all_files_of_a_display_together_stay_within_their_room(tmp_path, monkeypatch):
    monkeypatch.setattr(display, "LARGEST_DISPLAY", 200)
    pipeline = pipeline_in(tmp_path)
    for number in range(5):
        pipeline.step(Painter(tmp_path), model="m", prompt=str(number))
    html = pipeline.run()._repr_html_()
    assert len(Elements(html).sources()) < 5


def test_what_is_only_called_a_picture_is_not_put_into_the_notebook(tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("dear diary")
    assert Elements(png(letter)._repr_html_()).sources() == []


def test_long_runs_and_long_prompts_are_cut():
    steps = [Step(provider="p", model="m", prompt="x" * 100_000) for _ in range(1000)]
    html = Manifest.from_run(Run(steps=steps))._repr_html_()
    assert len(html) < 100_000
    assert "and 900 more" in html


def test_the_display_is_imported_when_somebody_looks():
    program = "import sys, genblaze; genblaze.Manifest; genblaze.Asset; print('genblaze.models.display' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"
