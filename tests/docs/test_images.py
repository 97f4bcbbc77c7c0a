"""The pictures of the documentation are small, shown on a page, and carry the manifests of the runs that made them."""

import re
from pathlib import Path

import pytest

from genblaze.config import Config
from genblaze.plugins import PluginManager
from genblaze.verifying import Verdict, verify_file

DOCS = Path(__file__).resolve().parents[2] / "docs"
IMAGES = sorted((DOCS / "images").iterdir())
MADE_BY_RUNS = [image for image in IMAGES if image.suffix != ".svg"]  # the others show a terminal
KB = 1000


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_an_image_has_less_than_100_kb(image):
    assert image.stat().st_size < 100 * KB


@pytest.mark.needs_plugins
@pytest.mark.parametrize("image", MADE_BY_RUNS, ids=lambda image: image.name)
def test_an_image_verifies(image):
    assert verify_file(image, plugins=PluginManager(Config())).verdict is Verdict.EXACT


def test_every_image_is_shown_on_a_page():
    shown = {link for page in DOCS.rglob("*.md") for link in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text())}
    assert {image.name for image in IMAGES} <= {Path(link).name for link in shown}
