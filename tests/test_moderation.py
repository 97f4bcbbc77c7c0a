"""Moderation: nothing is paid for a refused prompt, nothing refused is handed on, and a broken check stops the step."""

import pytest
from sample_pipelines import Painter, Sink, paint, pipeline_in, png

from genblaze import Asset, ModerationHook, ModerationResult, StepCache, SyncProvider, Tracer


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


@pytest.mark.parametrize("where", ["file", "data"])
def test_the_content_of_text_inputs_is_judged_too(tmp_path, where):
    asset = Asset.from_text("a red wolf")
    if where == "file":
        path = tmp_path / "words.txt"
        path.write_text("a red wolf")
        asset = Asset(url=path.as_uri(), media_type="text/plain")
    hook = Hook()
    run(tmp_path, hook, external_inputs=[asset, png(paint(tmp_path / "in.png", "x"))])
    assert hook.seen[0][0] == "p\n\na red wolf"


def test_the_text_that_an_earlier_step_wrote_is_judged_before_the_next_one_runs(tmp_path):
    class Writer(SyncProvider):
        name = "writer"

        def generate(self, step, config=None):
            step.assets = [Asset.from_text("something bad")]
            return step

    class NothingBad(Hook):
        def check_prompt(self, prompt, params):
            return ModerationResult("bad" not in prompt, "bad")

    painter = Painter(tmp_path)
    pipeline = pipeline_in(tmp_path, moderation=NothingBad(), chain=True).step(Writer(), model="w", prompt="write")
    steps = pipeline.step(painter, model="m", prompt="paint it").run(raise_on_failure=False).run.steps
    assert [(step.status, step.error_code) for step in steps] == [("succeeded", None), ("failed", "content_policy")]
    assert painter.calls == 0


@pytest.mark.parametrize(("metadata", "content"), [({"text": 7}, b"x"), ({}, b"\xff\xfe\xfa")])
def test_an_input_whose_text_cannot_be_judged_stops_the_step(tmp_path, metadata, content):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    asset = Asset(url=path.as_uri(), media_type="text/plain", metadata=metadata)
    painter, step, _ = run(tmp_path, Hook(), external_inputs=[asset])
    assert (painter.calls, step.error_code) == (0, "invalid_input")
    assert step.error.startswith("Moderation input error: ")


def test_a_prompt_that_has_become_unwanted_is_not_answered_from_the_cache(tmp_path):
    cache, painter = StepCache(tmp_path / "cache"), Painter(tmp_path)
    pipeline_in(tmp_path).cache(cache).step(painter, model="m", prompt="p").run()
    strict = pipeline_in(tmp_path, moderation=Hook(prompt=ModerationResult(False, "no more"))).cache(cache)
    step = strict.step(painter, model="m", prompt="p").run(raise_on_failure=False).run.steps[0]
    assert (painter.calls, step.error_code, step.assets, step.cached) == (1, "content_policy", [], False)


def test_what_came_out_of_the_cache_is_judged_and_not_handed_on(tmp_path):
    cache, painter, sink = StepCache(tmp_path / "cache"), Painter(tmp_path), Sink()
    pipeline_in(tmp_path).cache(cache).step(painter, model="m", prompt="p").run()
    hook = Hook(output=ModerationResult(False, "no foxes"))
    strict = pipeline_in(tmp_path, moderation=hook).cache(cache).step(painter, model="m", prompt="p")
    result = strict.run(raise_on_failure=False, sink=sink)
    assert (painter.calls, result.assets, sink.contents) == (1, [], [])
    assert hook.seen == [("p", {}), 1]


def test_a_refused_output_is_not_kept_in_the_cache(tmp_path):
    cache, painter = StepCache(tmp_path / "cache"), Painter(tmp_path)
    strict = pipeline_in(tmp_path, moderation=Hook(output=ModerationResult(False))).cache(cache)
    strict.step(painter, model="m", prompt="p").run(raise_on_failure=False)
    pipeline_in(tmp_path).cache(cache).step(painter, model="m", prompt="p").run()
    assert painter.calls == 2


def test_a_refused_step_begins_and_ends_for_tracers_and_callbacks(tmp_path):
    told = []

    class Listener(Tracer):
        def on_step_start(self, run_id, step, **facts):
            told.append("start")

        def on_step_end(self, run_id, step, **facts):
            told.append(str(step.status))

    pipeline = pipeline_in(tmp_path, moderation=Hook(prompt=ModerationResult(False)), tracer=Listener())
    pipeline.step(Painter(tmp_path), model="m", prompt="p")
    pipeline.run(raise_on_failure=False, on_step_complete=lambda event: told.append(event.step.error_code))
    assert told == ["start", "failed", "content_policy"]


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
