"""How long a report of many files takes to write, and to open: `python benchmarks/report.py [--files 1000]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from PIL import Image

from genblaze import Asset, Manifest, Run, Step, embed_manifest
from genblaze_gallery import collect, render

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "plugins" / "genblaze-gallery" / "tests"))

from headless_chromium import browser, program

SIZE = (1024, 683)
PICTURES = 20
DRAWN = "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => drawn(performance.now()))))"
FILTER = "query.value = 'picture 99'; query.dispatchEvent(new Event('input'))"
LAID_OUT = (
    "Array.from(document.querySelectorAll('.card'))"
    ".filter(card => card.querySelector('.caption').checkVisibility({contentVisibilityAuto: true})).length"
)


def pictures(folder: Path) -> list[bytes]:
    """Returns JPEGs of the kind that vendors send: soft, with some grain."""
    made = []
    for number in range(PICTURES):
        grain = Image.effect_noise(SIZE, 12)
        soft = Image.linear_gradient("L").resize(SIZE).rotate(number * 18)
        path = folder / "picture.jpg"
        Image.merge("RGB", (soft, grain, Image.blend(soft, grain, 0.5))).save(path, quality=88)
        made.append(path.read_bytes())
        path.unlink()
    return made


def fill(folder: Path, count: int) -> None:
    """Makes runs of one picture each, every fourth of which begins a chain that the others go on from."""
    made = pictures(folder)
    for number in range(count):
        path = folder / f"asset-{number:05}.jpg"
        path.write_bytes(made[number % PICTURES])
        asset = Asset(asset_id=path.stem, url=path.as_uri(), media_type="image/jpeg", width=SIZE[0], height=SIZE[1])
        asset.set_hash(path.read_bytes())
        step = Step(provider="vendor", model="flux-2-pro", prompt=f"picture {number} of a long series", assets=[asset])
        parent = f"run-{number - 1:05}" if number % 4 else None
        run = Run(run_id=f"run-{number:05}", name="series", parent_run_id=parent, steps=[step])
        embed_manifest(path, Manifest.from_run(run))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Returns the seconds that work takes, and what it returns."""
    began = perf_counter()
    outcome = work()
    return perf_counter() - began, outcome


def main() -> None:
    """Prints one line for each piece of work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory() as name:
        folder, page = Path(name, "output"), Path(name, "report.html")
        folder.mkdir()
        fill(folder, count)
        taken, gallery = timed(lambda: collect([str(folder)], output_dir=folder))
        print(f"{count} files found and verified  {taken:6.2f} s")
        used = process_time()
        taken, html = timed(lambda: render(gallery, page))
        used = process_time() - used
        page.write_text(html, "utf-8")
        print(f"page with thumbnails written   {taken:6.2f} s ({used:.2f} s of processors), {len(html) / 1e6:.1f} MB")
        if program() is None:
            return
        with browser() as tab:
            tab.look()
            taken, _ = timed(lambda: tab.open(page.as_uri()))
            drawn = tab.evaluate(DRAWN)
            print(f"opened in Chromium             {taken:6.2f} s, drawn after {drawn / 1000:.2f} s")
            print(f"cards that were laid out       {tab.evaluate(LAID_OUT):6}")
            taken, _ = timed(lambda: tab.evaluate(FILTER))
            print(f"filtered by two words          {taken * 1000:6.1f} ms")


if __name__ == "__main__":
    main()
