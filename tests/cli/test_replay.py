"""`genblaze replay`: it says what would run, runs it when told to, and takes the file that carries the manifest."""

import pytest

from genblaze import Modality, Pipeline
from genblaze.cli.main import run
from genblaze.config import Config
from genblaze.plugins import PluginManager, set_default_plugins

pytestmark = pytest.mark.needs_plugins


@pytest.fixture(autouse=True)
def installed():
    """A plugin manager with what is installed, in the place of the process's own."""
    previous = set_default_plugins(PluginManager(Config()))
    yield
    set_default_plugins(previous)


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """Two pictures of one run."""
    monkeypatch.chdir(tmp_path)
    pipeline = Pipeline("pair", output_dir="made")
    for prompt in ("a red fox", "a grey wolf"):
        pipeline.step(
            "local-image", model="local-image-1", prompt=prompt, modality=Modality.IMAGE, size="32x32", seed=1
        )
    return pipeline.run()


@pytest.fixture
def replay(capsys):
    def _replay(*arguments):
        code = run(["replay", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _replay


def test_without_execute_it_only_says_what_would_run(pair, replay, tmp_path):
    picture = pair.local_path(pair.assets[0])
    before = sorted(tmp_path.rglob("*"))
    code, out, _ = replay(picture, "--change", "1.seed=2")
    assert code == 0
    assert out.splitlines() == [
        "0  image   local-image/local-image-1  reused",
        "1  image   local-image/local-image-1  runs    changed: seed",
        "nothing was run; add --execute to run it",
    ]
    assert sorted(tmp_path.rglob("*")) == before


def test_with_execute_the_change_is_made_and_the_rest_reused(pair, replay):
    pair.save_manifest("manifest.json")
    code, out, err = replay("manifest.json", "--change", "1.seed=2", "--execute", "--output-dir", "again")
    assert code == 0, err
    first, second = out.splitlines()[2:4]
    assert first.startswith(str(pair.assets[0].sha256))
    assert not second.startswith(str(pair.assets[1].sha256))
    assert run(["verify", "-q", "again"]) == 0


def test_a_value_the_vendor_refuses_fails_the_step_and_the_command(pair, replay):
    code, _, err = replay(pair.local_path(pair.assets[0]), "--change", "1.size=huge", "--execute")
    assert code == 1
    assert "Step 1 (local-image/local-image-1)" in err


@pytest.mark.parametrize("flags", [["--no-dry-run"], ["--no-dry-run", "--allow-provider", "local-image"]])
def test_the_published_word_for_executing_runs_every_step(pair, replay, flags):
    code, out, err = replay(pair.local_path(pair.assets[0]), *flags)
    assert (code, err) == (0, "")
    assert [line.split()[3] for line in out.splitlines()[:2]] == ["runs", "runs"]
    assert "nothing was run" not in out
    assert replay(pair.local_path(pair.assets[0]), "--no-dry-run", "--allow-provider", "openai-dalle")[0] == 1


def test_a_dry_run_may_be_asked_for(pair, replay):
    code, out, _ = replay(pair.local_path(pair.assets[0]), "--dry-run")
    assert (code, "nothing was run" in out) == (0, True)


def test_no_provider_runs_that_is_not_allowed(pair, replay, tmp_path):
    pair.save_manifest("manifest.json")
    before = sorted(tmp_path.rglob("*"))
    code, _, err = replay("manifest.json", "--change", "1.seed=2", "--execute", "--allow-provider", "openai-dalle")
    assert code == 1
    assert "the run needs local-image, and only openai-dalle may run" in err
    assert sorted(tmp_path.rglob("*")) == before


def test_prompts_are_shown_only_when_asked_for(pair, replay):
    picture = pair.local_path(pair.assets[0])
    assert "fox" not in replay(picture)[1]
    assert replay(picture, "--show-prompts")[1].splitlines()[1] == "   a red fox"


def test_a_changed_manifest_runs_only_by_force(pair, replay, tmp_path):
    document = pair.save_manifest("manifest.json")
    document.write_text(document.read_text().replace("a grey wolf", "a pink wolf"))
    code, _, err = replay(document)
    assert (code, "not what its canonical hash was made of" in err) == (1, True)
    code, out, err = replay(document, "--force", "--show-prompts")
    assert (code, "not what its canonical hash was made of" in err, "a pink wolf" in out) == (0, True, True)


def test_a_malformed_change_is_wrong_usage(pair, replay):
    code, _, err = replay(pair.local_path(pair.assets[0]), "--change", "seed=2")
    assert code == 2
    assert "STEP.NAME=VALUE" in err
