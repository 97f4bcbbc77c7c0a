"""What a user of ours relies on."""

import pytest

from genblaze import Asset, Pipeline, StorageError, SyncProvider
from genblaze.testing import plugins_with
from genblaze_acme_box import AcmeBoxStore, _plugin


class Note(SyncProvider):
    """Writes the prompt down."""

    name = "note"

    def generate(self, step, config=None):
        step.assets.append(Asset.from_text(step.prompt))
        return step


def test_a_run_is_stored_where_its_sink_says(tmp_path):
    path = tmp_path / "runs.db"
    pipeline = Pipeline("test", output_dir=tmp_path / "output", plugins=plugins_with(mine=_plugin))
    result = pipeline.step(Note(), model="m", prompt="a fox").run(sink=f"acme-box://{path.as_posix()}")
    store = AcmeBoxStore(path)
    keys = [entry.key for entry in store.list().entries]
    assert store.key_from_url(result.manifest.manifest_uri) in keys
    assert b"a fox" in [store.get(key) for key in keys]


@pytest.mark.parametrize("url", ["acme-box://host/file.db", "acme-box:", "acme-box:///file.db?x=1"])
def test_a_url_that_names_no_file_is_refused(url):
    with pytest.raises(StorageError, match="names no file of this machine"):
        _plugin.store(url)
