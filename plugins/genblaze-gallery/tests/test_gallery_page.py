"""The report in a real browser: what is on it, what it asks for, and whether it can be used without a mouse."""

from __future__ import annotations

import pytest
from exhibitions import HOSTILE, image
from headless_chromium import browser, program

from genblaze import Asset, Manifest, Pipeline, Run, Step
from genblaze.cli.main import run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(program() is None, reason="no Chromium here: apt-get install chromium-headless-shell"),
]
FOCUSED = "document.activeElement.closest('.card')?.id"
PLAYERS = "Array.from(document.querySelectorAll('.frame video, .frame audio'))"


@pytest.fixture(scope="module")
def page(exhibition):
    target = exhibition.parent / "report.html"
    assert run(["report", str(exhibition), "-o", str(target)]) == 0
    return target


@pytest.fixture
def tab(page):
    with browser() as opened:
        opened.look()
        opened.open(page.as_uri())
        yield opened


def test_the_page_of_a_real_run_is_filled_complains_of_nothing_and_asks_nobody(tab, page):
    assert tab.evaluate("document.querySelectorAll('.card').length") == 7
    assert tab.evaluate("document.querySelectorAll('.frame img').length") == 5
    assert tab.evaluate("document.querySelectorAll('.lineage .node').length") == 6
    assert tab.evaluate("document.querySelectorAll('.lineage .edge').length") == 1
    assert tab.evaluate("document.querySelectorAll('.lineage .continues').length") == 2
    assert tab.evaluate("document.querySelectorAll('.run .bar').length") == 7
    tab.evaluate("document.querySelectorAll('.frame img').forEach(each => { each.loading = 'eager'; })")
    tab.wait_for("Array.from(document.querySelectorAll('.frame img')).every(each => each.naturalWidth > 0)")
    assert tab.complaints == []
    assert {url for url in tab.requests if not url.startswith("data:")} == {page.as_uri()}


def test_players_load_the_metadata_of_sound_and_film_by_themselves(tab):
    assert tab.evaluate(f"{PLAYERS}.length") == 2
    tab.wait_for(f"{PLAYERS}.every(player => player.readyState >= HTMLMediaElement.HAVE_METADATA)")
    assert sorted(tab.evaluate(f"{PLAYERS}.map(player => Math.round(player.duration))")) == [1, 2]
    assert tab.evaluate("document.querySelector('video').videoWidth") > 0


def test_players_of_films_that_are_too_large_for_the_page_read_the_files_beside_it(exhibition):
    target = exhibition.parent / "linked.html"
    assert run(["report", str(exhibition), "-o", str(target), "--embed-limit", "0"]) == 0
    with browser() as tab:
        tab.look()
        tab.open(target.as_uri())
        tab.wait_for(f"{PLAYERS}.every(player => player.readyState >= HTMLMediaElement.HAVE_METADATA)")
        assert tab.evaluate(f"{PLAYERS}.every(player => player.src.startsWith('file:'))")
        assert tab.complaints == []


def test_the_altered_file_is_marked_and_no_other(tab):
    marked = "Array.from(document.querySelectorAll('.card[data-verdict=altered]'))"
    assert tab.evaluate(f"{marked}.map(card => card.querySelector('.badge').textContent)") == ["Altered"]
    assert tab.evaluate("document.querySelectorAll('.card[data-verdict=exact]').length") == 6
    assert "Altered" in tab.evaluate(f"{marked}[0].querySelector('.open').ariaLabel")


def test_the_keyboard_alone_goes_through_the_gallery(tab):
    tab.evaluate("document.querySelector('.open').focus()")
    tab.press("ArrowRight")
    assert tab.evaluate(FOCUSED) == "exhibit-2"
    tab.press("End")
    assert tab.evaluate(FOCUSED) == "exhibit-7"
    tab.press("Home")
    tab.press("ArrowDown")
    below = tab.evaluate(FOCUSED)
    assert below not in {"exhibit-1", "exhibit-2"}
    tab.press("Enter")
    assert tab.evaluate("document.getElementById('viewer').open") is True
    tab.press("ArrowRight")
    tab.press("Escape")
    tab.wait_for("!document.getElementById('viewer').open")
    following = f"exhibit-{int(below.rpartition('-')[2]) + 1}"
    tab.wait_for(f"{FOCUSED} === '{following}'")  # the focus goes where the viewer was left
    tab.press("/", "Slash")
    assert tab.evaluate("document.activeElement.id") == "query"
    assert tab.complaints == []


def test_filtering_leaves_what_matches(tab):
    tab.evaluate("query.value = 'LIGHTHOUSE sea'; query.dispatchEvent(new Event('input'))")
    assert tab.evaluate("document.querySelectorAll('.card:not([hidden])').length") == 3
    assert tab.evaluate("count.textContent") == "3 of 7"
    tab.evaluate("document.querySelector('.chips [data-verdict=altered]').click()")
    assert tab.evaluate("document.querySelectorAll('.card:not([hidden])').length") == 1


def test_every_control_has_a_name_for_those_who_do_not_see_it(tab):
    tab.call("Accessibility.enable")
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "link", "image", "img", "searchbox", "region", "dialog", "Video", "Audio", "textbox"}
    named = [node for node in nodes if node.get("role", {}).get("value") in roles and not node["ignored"]]
    assert len(named) > 20
    assert [node for node in named if not node["name"].get("value")] == []


def test_it_follows_the_owner_into_the_dark(tab, page):
    colour = "getComputedStyle(document.body).backgroundColor"
    light = tab.evaluate(colour)
    tab.look(dark=True)
    assert tab.evaluate(colour) != light


def test_a_narrow_window_needs_no_scrolling_to_the_side(tab):
    tab.look(width=360)
    assert tab.evaluate("document.documentElement.scrollWidth") == 360


def test_of_a_thousand_files_only_those_in_sight_are_laid_out(tmp_path):
    gone = Asset(url="file:///gone.png", media_type="image/png")
    steps = [Step(provider="p", model="m", prompt=f"picture {number}") for number in range(1000)]
    for number, step in enumerate(steps):
        step.assets = [gone.model_copy(update={"asset_id": str(number)})]
    (tmp_path / "manifest.json").write_text(Manifest.from_run(Run(steps=steps)).to_canonical_json())
    target = tmp_path / "report.html"
    assert run(["report", str(tmp_path / "manifest.json"), "-o", str(target)]) == 0
    captions = "Array.from(document.querySelectorAll('.card .caption'))"
    with browser() as tab:
        tab.look()
        tab.open(target.as_uri())
        assert tab.evaluate(f"{captions}.length") == 1000
        visible = f"{captions}.filter(each => each.checkVisibility({{contentVisibilityAuto: true}})).length"
        tab.wait_for(f"{visible} < 100")
        assert tab.complaints == []


def test_hostile_prompts_and_names_do_nothing_in_the_browser(tmp_path):
    folder = tmp_path / "output"
    result = image(Pipeline(HOSTILE, output_dir=folder), HOSTILE, size="64x48", caption=False).run()
    result.local_path(result.assets[0]).rename(folder / "<img src=x onerror=alert(3)>\"'&.png")
    target = tmp_path / "report.html"
    assert run(["report", str(folder), "-o", str(target)]) == 0
    with browser() as tab:
        tab.open(target.as_uri())
        tab.evaluate("document.querySelector('.open').click()")
        tab.wait_for("document.querySelector('#stage img').complete")
        assert tab.evaluate("document.getElementById('viewer-title').textContent") == HOSTILE
        assert tab.complaints == []
