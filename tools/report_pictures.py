"""Draws docs/how-to/report-*.webp: the report of offline runs, as Chromium shows it.

`python tools/report_pictures.py` needs the tree installed, and chromium-headless-shell from Debian.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

from genblaze import AgentLoop, CallableEvaluator, EvaluationResult, Modality, Pipeline
from genblaze_gallery import collect, render

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "plugins" / "genblaze-gallery" / "tests"))

from exhibitions import paint_over  # noqa: E402 - what the tests of the gallery use
from headless_chromium import Browser, browser  # noqa: E402

PAGES = ROOT / "docs" / "how-to"
PROMPTS = (
    "a lighthouse above the sea at night",
    "a sailboat on the ocean, golden hour",
    "a city skyline in the rain, neon",
    "a desert under the stars",
    "mountains at dawn, first snow",
    "a grey wolf in a misty forest",
)
WIDTH, HEIGHT = 1280, 1000
QUALITY = 68
PLAYERS = "Array.from(document.querySelectorAll('video, audio'))"
DRAWN = "new Promise(drawn => setTimeout(() => requestAnimationFrame(drawn), 1500))"  # players draw at leisure


def make(folder: Path) -> None:
    """Makes a film with music, an agent loop and some pictures, and alters one of them."""
    film = Pipeline("winter film", output_dir=folder)
    film.step(
        "local", model="local-image-1", prompt="a red fox in a snowy forest, golden hour", step_name="fox", seed=3
    )
    film.step(
        "local", model="local-video-1", modality=Modality.VIDEO, prompt="a slow zoom", input_from="fox", duration=2
    )
    film.step("local", model="local-audio-1", modality=Modality.AUDIO, prompt="a calm winter evening", duration=8)
    film.run()

    def attempt(context: object) -> Pipeline:
        seed = getattr(context, "iteration", 0)
        pipeline = Pipeline("lake study", output_dir=folder)
        return pipeline.step("local", model="local-image-1", prompt="a mountain lake in autumn", seed=seed)

    judge = CallableEvaluator(lambda result: EvaluationResult(passed=result.run.steps[0].seed == 2))
    AgentLoop(attempt, judge).run()
    sketches = Pipeline("sketches", output_dir=folder, max_concurrency=2)
    for seed, prompt in enumerate(PROMPTS):
        sketches.step("local", model="local-image-1", prompt=prompt, seed=seed)
    result = sketches.run()
    altered = result.local_path(result.assets[0])
    if altered is not None:
        paint_over(altered)


def take(tab: Browser, name: str) -> None:
    """Writes a picture of what the window shows."""
    tab.evaluate(DRAWN)
    taken = tab.call("Page.captureScreenshot", format="webp", quality=QUALITY)["data"]
    target = PAGES / f"report-{name}.webp"
    target.write_bytes(base64.b64decode(taken))
    print("wrote", target.relative_to(ROOT), target.stat().st_size, "bytes")


def main() -> None:
    """Writes the pictures."""
    with tempfile.TemporaryDirectory() as name, browser() as tab:
        folder, page = Path(name, "output"), Path(name, "report.html")
        make(folder)
        gallery = collect([str(folder)], output_dir=folder)
        page.write_text(render(gallery, page, title="A winter\N{RIGHT SINGLE QUOTATION MARK}s work"), "utf-8")
        tab.open(page.as_uri())
        tab.evaluate(f"{PLAYERS}.forEach(player => {{ player.preload = 'auto'; }})")
        tab.wait_for(f"{PLAYERS}.every(player => player.readyState === 4)")
        for dark in (False, True):
            tab.look(width=WIDTH, height=HEIGHT, dark=dark)
            take(tab, "dark" if dark else "light")
        tab.look(width=WIDTH, height=HEIGHT)
        tab.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
        tab.evaluate("document.getElementById('lineage-heading').scrollIntoView()")
        take(tab, "lineage")


if __name__ == "__main__":
    main()
