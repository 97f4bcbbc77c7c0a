"""Moderation: nothing is paid for a refused prompt, nothing refused is handed on, and a broken check stops the step."""

import pytest
from sample_pipelines import Painter, Sink, paint, pipeline_in, png

from genblaze import ModerationHook, ModerationResult


class Hook(ModerationHook):
    """Refuses what it is told to."""

    def __init__(self, prompt=None, output=None):
        self.prompt, self.output = prompt, output
        self.seen = []

    def _judge(self, verdict):
        if isinstance(verdict, Exception):
            raise verdict
        return verdict if verdict is not None else ModerationResult(True)

    def check_prompt(self, prompt, params):
        self.seen.append((prompt, params))
        return self._judge(self.prompt)

    def check_output(self, assets):
        self.seen.append(len(assets))
        return self._judge(self.output)


def run(tmp_path, hook, sink=None, **step):
    painter = Painter(tmp_path)
    pipeline = pipeline_in(tmp_path, moderation=hook).step(painter, **{"model": "m", "prompt": "p", **step})
    result = pipeline.run(raise_on_failure=False, sink=sink)
    return painter, result.run.steps[0], result


def test_what_is_allowed_goes_on(tmp_path):
    hook = Hook()
    _, step, _ = run(tmp_path, hook, negative_prompt="n", size="xl")
    assert step.status == "succeeded"
    assert hook.seen == [("p\n\nn", {"size": "xl"}), 1]


def test_texts_of_inputs_are_judged_too(tmp_path):
    asset = png(paint(tmp_path / "in.png", "x"))
    asset.metadata = {"text": "from an earlier step"}
    hook = Hook()
    run(tmp_path, hook, external_inputs=[asset])
    assert hook.seen[0][0] == "p\n\nfrom an earlier step"


def test_a_refused_prompt_is_never_paid_for(tmp_path):
    painter, step, _ = run(tmp_path, Hook(prompt=ModerationResult(False, "too red", ["colour"])))
    assert painter.calls == 0
    assert (step.status, step.error_code) == ("failed", "content_policy")
    assert step.error == "Moderation rejected prompt/input: too red"
    assert step.metadata == {}  # the refusal is not hashed
    assert step.provider_payload["genblaze"]["moderation"]["flagged_categories"] == ["colour"]


def test_a_refused_output_is_not_handed_on(tmp_path):
    sink = Sink()
    _, step, result = run(tmp_path, Hook(output=ModerationResult(False)), sink)
    assert (step.status, step.assets, result.assets, sink.contents) == ("failed", [], [], [])
    assert step.error == "Moderation rejected output: no reason given"


def test_without_text_the_prompt_check_is_not_asked(tmp_path):
    hook = Hook(prompt=ModerationResult(False))
    _, step, _ = run(tmp_path, hook, prompt=None)
    assert step.status == "succeeded"


@pytest.mark.parametrize("where", ["prompt", "output"])
def test_a_check_that_fails_stops_the_step(tmp_path, where):
    _, step, _ = run(tmp_path, Hook(**{where: RuntimeError("down, key sk-abcdefghijklmnopqrstuvwx")}))
    assert (step.status, step.error_code, step.assets) == ("failed", "unknown", [])
    assert step.error == "Moderation hook error: RuntimeError: down, key [REDACTED]"


def test_a_check_may_be_async(tmp_path):
    class Later(Hook):
        async def acheck_prompt(self, prompt, params):
            return ModerationResult(False, "later")

    painter, step, _ = run(tmp_path, Later())
    assert painter.calls == 0
    assert "later" in step.error
