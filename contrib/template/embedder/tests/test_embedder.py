"""What a user of ours relies on."""

import pytest

from genblaze import Asset, Pipeline, SyncProvider, verify_file
from genblaze.layout import BytesReader, LayoutError
from genblaze.testing import plugins_with
from genblaze_acme_format import _plugin


class Maker(SyncProvider):
    """Makes a file of the format."""

    name = "maker"

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def generate(self, step, config=None):
        path = self.folder / f"{step.step_id}.acme-format"
        content = step.prompt.encode()
        path.write_bytes(_plugin.MAGIC + len(content).to_bytes(4) + content)
        step.assets.append(Asset(url=path.absolute().as_uri(), media_type=_plugin.TYPE))
        return step


def test_the_manifest_of_a_run_is_inside_the_file(tmp_path):
    plugins = plugins_with(mine=_plugin)
    pipeline = Pipeline("test", output_dir=tmp_path, plugins=plugins)
    result = pipeline.step(Maker(tmp_path), model="m", prompt="a fox").run()
    path = result.local_path(result.assets[0])
    assert _plugin.END in path.read_bytes()
    found = verify_file(path, plugins=plugins)
    assert (found.ok, found.source, found.step.prompt) == (True, "inline", "a fox")


def test_a_file_that_is_cut_says_so():
    with pytest.raises(LayoutError, match="should have 100 bytes"):
        _plugin.inspect_media(BytesReader(_plugin.MAGIC + (100).to_bytes(4) + b"short"))
