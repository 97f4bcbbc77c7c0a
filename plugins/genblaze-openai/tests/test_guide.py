"""The user guide's programs, letter for letter, against a played OpenAI; what they make verifies."""

import re
from pathlib import Path

import pytest

from genblaze import verify_file
from genblaze.testing import Answer

TEXT = (Path(__file__).parent / "guide_programs.md").read_text("utf-8")
PROGRAMS = dict(re.findall(r"^## (\S+)\n\n```python\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE))


@pytest.fixture
def run(openai, tmp_path, monkeypatch):
    """Runs a program in an empty folder; gives its names."""
    monkeypatch.chdir(tmp_path)

    def go(name, **names):
        space = {"__name__": "__main__", **names}
        exec(compile(PROGRAMS[name], f"{name}.py", "exec"), space)  # the guide's own text
        return space

    return go


def verified(folder="output"):
    """The media files of a folder, all of which verify."""
    files = [path for path in sorted(Path(folder).iterdir()) if path.is_file() and path.suffix != ".json"]
    for path in files:
        assert verify_file(path).ok, path
    return files


def test_first_pipeline(run, media, capsys):
    asset = run("first-pipeline")["asset"]
    (path,) = verified()
    assert asset.url == path.absolute().as_uri()
    assert (asset.size_bytes, asset.width, asset.media_type) == (len(media["png"]), 64, "image/png")
    assert f"SHA256: {asset.sha256}" in capsys.readouterr().out


def test_basic_usage(run, openai):
    run("basic-usage")
    assert sorted(path.suffix for path in verified()) == [".mp4", ".png"]
    assert len(openai.sent("POST", "/v1/videos")) == 1


def test_fallback_when_the_model_is_gone(run, openai, video_object):
    def answer(call):
        if call.field("model") == b"sora-2":
            error = {"message": "The model does not exist", "type": "invalid_request_error", "code": "model_not_found"}
            return Answer(status=404, body={"error": error})
        return Answer(body=video_object(call))

    openai.on("POST", "/v1/videos", answer)
    run("fallback")
    assert [call.field("model") for call in openai.sent("POST", "/v1/videos")] == [b"sora-2", b"sora-1"]
    assert len(verified()) == 1


def test_chaining_hands_the_picture_to_the_video(run, openai, media):
    run("chaining")
    (call,) = openai.sent("POST", "/v1/videos")
    (reference,) = [part for part in call.body if part[0] == "input_reference"]
    assert (reference[2], reference[3]) == ("image/png", media["png"])
    assert reference[1].endswith(".png")
    assert len(verified()) == 2


def test_parallel(run, openai, capsys):
    run("parallel")
    assert capsys.readouterr().out == "3\n"
    assert sorted(call.body["prompt"] for call in openai.paid()) == ["a bear", "a fox", "a wolf"]
    assert len(verified()) == 3


def test_batch(run, openai, capsys):
    run("batch")
    assert capsys.readouterr().out == "3\n"
    asked = {call.body["prompt"] for call in openai.paid()}
    assert asked == {"a fox on a beach", "a fox in a forest", "a fox in a city"}


def test_cache_asks_once(run, openai):
    run("cache")
    run("cache")
    assert len(openai.paid()) == 1


def test_verify(run, capsys):
    run("verify")
    assert capsys.readouterr().out.split()[-1] == "True"
    verified()


def test_agent_loop_goes_on_until_the_score_is_reached(run, openai):
    scores = iter([0.3, 0.9])
    out = run("agent-loop", my_quality_scorer=lambda url: next(scores))["out"]
    assert (out.passed, len(out.iterations)) == (True, 2)
    assert openai.paid()[1].body["prompt"].endswith("increase contrast and add more shadow detail")


def test_streaming_tells_progress(run, capsys):
    run("streaming")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Started: openai-sora/sora-2"
    assert "Progress: 50%" in lines
    assert lines[-1].startswith("Hash: ")


def test_retry_policy(run):
    names = run("retry-policy")
    assert [names[name].retry_policy.max_attempts for name in ("sora", "dalle", "test_provider")] == [2, 7, 1]


@pytest.mark.parametrize("name", ["logging", "opentelemetry"])
def test_observability(run, name):
    run(name)
    assert len(verified()) == 1
