"""Preflight: a model that the provider certainly lacks is refused before anything is paid, and no other."""

import logging
import threading

import pytest
from sample_pipelines import Painter

from genblaze import ProviderError, ProviderErrorCode, SinkError, StorageError
from genblaze.pipeline import preflight
from genblaze.providers.discovery import ValidationOutcome, ValidationResult, ValidationSource
from genblaze.sinks import BaseSink

GONE = ValidationResult(ValidationOutcome.NOT_FOUND, ValidationSource.DISCOVERY, suggested_slugs=("fox-2", "fox-3"))


class Knowing(Painter):
    """Says of a model what it was told to say; an exception is raised."""

    def __init__(self, folder, **answers):
        super().__init__(folder)
        self.answers = answers
        self.asked = []

    def validate_model(self, model_id, *, refresh=False):
        self.asked.append(model_id)
        answer = self.answers.get(model_id, ValidationResult.unknown_permissive())
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_model_that_is_gone_is_refused_before_any_step_runs(new, folder, painter):
    pipeline = new().step(painter, model="m").step(Knowing(folder, fox=GONE), model="fox", step_name="second")
    with pytest.raises(
        ProviderError, match=r"step 1 \(second\): painter has no model 'fox'; similar: fox-2, fox-3"
    ) as caught:
        pipeline.run()
    assert caught.value.error_code == ProviderErrorCode.MODEL_ERROR
    assert painter.calls == 0


@pytest.mark.parametrize("switch", ["constructor", "method"])
def test_preflight_can_be_switched_off(new, folder, switch):
    knowing = Knowing(folder, fox=GONE)
    pipeline = new(preflight=False) if switch == "constructor" else new().preflight(False)
    assert pipeline.step(knowing, model="fox").run().ok
    assert knowing.asked == []


def test_a_fallback_that_may_have_the_model_lets_the_run_go_on(new, folder):
    knowing = Knowing(folder, fox=GONE)
    assert new().step(knowing, model="fox", fallback_models=["wolf"]).run().ok
    with pytest.raises(ProviderError, match="no model 'fox'"):
        new(fallback_on=[]).step(knowing, model="fox", fallback_models=["wolf"]).run()
    with pytest.raises(ProviderError, match="no model 'fox'"):
        new().step(Knowing(folder, fox=GONE, wolf=GONE), model="fox", fallback_models=["wolf"]).run()


def test_who_cannot_answer_is_believed(new, folder):
    assert new().step(Knowing(folder, fox=OSError("offline")), model="fox").run().ok


def test_who_takes_too_long_is_believed(new, folder, monkeypatch):
    import threading

    class Slow(Knowing):
        def validate_model(self, model_id, *, refresh=False):
            free.wait(30)
            return GONE

    free = threading.Event()
    monkeypatch.setattr(preflight, "PATIENCE_SEC", 0.01)
    try:
        assert new().step(Slow(folder), model="fox").run().ok
    finally:
        free.set()


def test_each_model_of_a_provider_is_asked_about_once(new, folder):
    knowing = Knowing(folder)
    new().step(knowing, model="a").step(knowing, model="a").step(knowing, model="b", fallback_models=["a", "c"]).run()
    assert sorted(knowing.asked) == ["a", "b", "c"]


def test_what_is_known_about_a_model_is_a_warning(new, folder, caplog):
    known = ValidationResult.ok_provisional(family_name="foxes", detail="only on Tuesdays")
    with caplog.at_level(logging.WARNING, "genblaze.pipeline"):
        new().step(Knowing(folder, fox=known), model="fox").run()
    assert "Model fox: only on Tuesdays" in caplog.text


# Sinks


class Refusing(BaseSink):
    """Says what it was told to say when it is asked whether it can store."""

    def __init__(self, problem=None, wait=0.0):
        self.problem, self.wait, self.stored = problem, wait, 0

    def preflight(self):
        threading.Event().wait(self.wait)
        if self.problem is not None:
            raise self.problem

    def write_run(self, run, manifest):
        self.stored += 1

    def close(self):
        """Nothing is held."""


def test_a_sink_that_cannot_store_keeps_the_run_from_beginning(new, painter):
    sink = Refusing(StorageError("no such bucket; create it."))
    with pytest.raises(SinkError, match=r"was not begun: no such bucket; create it\. preflight=False") as caught:
        new().step(painter, model="m").run(sink=sink)
    assert caught.value.sink == repr(sink)
    assert painter.calls == 0
    assert new(preflight=False).step(painter, model="m").run(sink=sink).ok
    assert (painter.calls, sink.stored) == (1, 1)


def test_a_sink_that_does_not_answer_in_time_is_believed(new, painter, monkeypatch, caplog):
    monkeypatch.setattr(preflight, "PATIENCE_SEC", 0.05)
    sink = Refusing(wait=0.5)
    with caplog.at_level(logging.WARNING, "genblaze.pipeline"):
        assert new().step(painter, model="m").run(sink=sink).ok
    assert sink.stored == 1
    assert "can store this run is not known" in caplog.text
