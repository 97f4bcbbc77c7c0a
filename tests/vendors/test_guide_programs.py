"""The user guide's programs with every other vendor in OpenAI's place: name of the package, classes, models.

`plugins/genblaze-openai/tests/test_guide.py` runs them letter for letter.
"""

import re
from base64 import b64encode
from pathlib import Path
from typing import NamedTuple

import pytest
from played_vendors import FLUX, VEO, at, changed
from real_media import JPEG, PNG

from genblaze import PipelineError, verify_file
from genblaze.testing import Answer

pytestmark = pytest.mark.needs_plugins

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "plugins" / "genblaze-openai" / "tests" / "guide_programs.md").read_text("utf-8")
PROGRAMS = dict(re.findall(r"^## (\S+)\n\n```python\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE))


class Instead(NamedTuple):
    """What stands for OpenAI's pictures and videos.

    Attributes:
        played: Whose simulator.
        package: What is imported.
        picture: Class and model.
        film: Class, model, and the one that is a fallback.
        paid: Path of paid requests.
        reads_files: Whether the vendor can be handed a local file.
    """

    played: str
    package: str
    picture: tuple[str, str]
    film: tuple[str, str, str]
    paid: str
    reads_files: bool = True


INSTEAD = {
    "google": Instead(
        "google-omni",
        "genblaze_google",
        ("GeminiImageProvider", "gemini-3.1-flash-image"),
        ("GeminiOmniProvider", "gemini-omni-1.2-flash", "gemini-omni-1.1-flash"),
        "/v1beta/(interactions|models/.*)",
    ),
    "google-retired": Instead(
        "google-veo",
        "genblaze_google",
        ("ImagenProvider", "imagen-4.0-generate-001"),
        ("VeoProvider", "veo-3.1-fast-generate-preview", VEO),
        "/v1beta/models/.*",
    ),
    "replicate": Instead(
        "replicate",
        "genblaze_replicate",
        ("ReplicateProvider", FLUX),
        ("ReplicateProvider", "bytedance/seedance-1-pro", "minimax/video-01"),
        "/v1/models/.*/predictions",
    ),
    "runway": Instead(
        "runway",
        "genblaze_runway",
        ("RunwayProvider", "gen4_image"),
        ("RunwayProvider", "gen4.5", "veo3.1"),
        "/v1/[a-z_]+",
    ),
    "luma": Instead(
        "luma",
        "genblaze_luma",
        ("LumaProvider", "photon-1"),
        ("LumaProvider", "ray-2", "ray-flash-2"),
        "/dream-machine/v1/generations/(image|video)",
        reads_files=False,
    ),
}


def program(name, instead):
    """A program of the guide with another vendor in it."""
    (picture, picture_model), (film, *film_models) = instead.picture, instead.film
    text = PROGRAMS[name].replace("genblaze_openai", instead.package)
    for ours, theirs in (("DalleProvider", picture), ("SoraProvider", film), ("dall-e-3", picture_model)):
        text = text.replace(ours, theirs)
    for ours, theirs in zip(("sora-2", "sora-1"), film_models, strict=True):
        text = text.replace(ours, theirs)
    return text


class Playing:
    """A vendor at work, and a folder where programs run."""

    def __init__(self, name, vendor):
        self.instead, self.vendor = INSTEAD[name], vendor

    def run(self, name, **names):
        space = {"__name__": "__main__", **names}
        exec(compile(program(name, self.instead), f"{name}.py", "exec"), space)
        return space

    def bought(self):
        return self.vendor.sent("POST", self.instead.paid)

    def outputs(self, folder="output"):
        """The media files of a folder, all of which verify."""
        files = [path for path in sorted(Path(folder).iterdir()) if path.is_file()]
        assert files
        for path in files:
            assert verify_file(path).ok, path
        return files


@pytest.fixture(params=sorted(INSTEAD))
def playing(request, tmp_path, monkeypatch):
    from genblaze_http import PolledProvider

    monkeypatch.chdir(tmp_path)
    instead = INSTEAD[request.param]
    with at(instead.played) as vendor:
        for kind in {getattr(__import__(instead.package), each[0]) for each in (instead.picture, instead.film)}:
            if issubclass(kind, PolledProvider):
                monkeypatch.setattr(kind, "poll_interval", 0.01)
        yield Playing(request.param, vendor)


def test_basic_usage(playing):
    playing.run("basic-usage")
    assert (len(playing.bought()), len(playing.outputs())) == (2, 2)


def test_fallback_when_the_model_is_gone(playing):
    first = playing.instead.film[1]

    def gone(received, answer):
        asked = f"{received.path} {received.body}"
        return Answer(status=404, body={"error": {"message": "gone"}}) if first in asked else answer

    changed(playing.vendor, gone)
    playing.run("fallback")
    assert [first in f"{call.path} {call.body}" for call in playing.bought()] == [True, False]
    assert len(playing.outputs()) == 1


def test_chaining_hands_the_picture_to_the_video(playing):
    if playing.instead.reads_files:
        playing.run("chaining")
        assert (len(playing.bought()), len(playing.outputs())) == (2, 2)
        handed = str(playing.bought()[1].body)
        assert any(b64encode(picture).decode() in handed for picture in (PNG, JPEG))
    else:
        with pytest.raises(PipelineError, match="Give the run a sink"):
            playing.run("chaining")
        assert len(playing.bought()) == 1


def test_parallel(playing, capsys):
    playing.run("parallel")
    assert capsys.readouterr().out == "3\n"
    asked = " ".join(str(call.body) for call in playing.bought())
    assert all(prompt in asked for prompt in ("a bear", "a fox", "a wolf"))
    assert (len(playing.bought()), len(playing.outputs())) == (3, 3)


def test_batch(playing, capsys):
    playing.run("batch")
    assert capsys.readouterr().out == "3\n"
    asked = " ".join(str(call.body) for call in playing.bought())
    assert all(prompt in asked for prompt in ("a fox on a beach", "a fox in a forest", "a fox in a city"))


def test_cache_asks_once(playing):
    playing.run("cache")
    playing.run("cache")
    assert len(playing.bought()) == 1


def test_verify(playing, capsys):
    playing.run("verify")
    assert capsys.readouterr().out.split()[-1] == "True"
    playing.outputs()


def test_agent_loop_goes_on_until_the_score_is_reached(playing):
    scores = iter([0.3, 0.9])
    out = playing.run("agent-loop", my_quality_scorer=lambda url: next(scores))["out"]
    assert (out.passed, len(out.iterations)) == (True, 2)
    assert "increase contrast and add more shadow detail" in str(playing.bought()[1].body)


def test_streaming_tells_begin_and_end(playing, capsys):
    playing.run("streaming")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Started: ")
    assert lines[0].endswith(f"/{playing.instead.film[1]}")
    assert lines[-1].startswith("Hash: ")
    assert not [line for line in lines if line.startswith("Failed")]
