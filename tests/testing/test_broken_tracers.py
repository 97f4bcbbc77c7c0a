"""Each rule for tracers, broken once on purpose: it fails, and says which rule it is."""

import threading
import time

import pytest
from broken_rules import complaint_of, own_rules

from genblaze import Tracer
from genblaze.testing import TracerContract
from genblaze.tracing import redact_secrets


class Careful(Tracer):
    """Keeps every rule."""

    def __init__(self):
        self.told = []

    def on_step_end(self, run_id, step, *, duration_ms, step_index):
        self.told.append(f"{run_id} {step.step_id} {redact_secrets(step.error or '')}")

    def on_run_end(self, run_id, result):
        self.told.append(run_id)


def contract_of(tracer):
    class Checked(TracerContract):
        def make_tracer(self):
            return tracer()

        def output(self, tracer):
            return "\n".join(tracer.told)

    return Checked


class TestCareful(contract_of(Careful)):
    """It keeps them all."""


class Raising(Careful):
    def on_event(self, event):
        event.no_such_field  # noqa: B018


class Deaf(Careful):
    def on_run_end(self, run_id, result):
        pass

    def on_step_end(self, run_id, step, **more):
        if not self.told:
            self.told.append("once")


class Slow(Careful):
    def on_event(self, event):
        time.sleep(0.15)

    on_step_start = on_step_end = on_run_start = on_run_end = lambda self, *args, **kwargs: time.sleep(0.15)


class ForOneThread(Careful):
    home = None

    def on_run_end(self, run_id, result):
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("only in the main thread")


class Marking(Careful):
    def on_step_end(self, run_id, step, **more):
        step.metadata["traced"] = True


class Forgetting(Careful):
    def on_run_start(self, run_id, name, **more):
        self.began = True

    def on_step_start(self, run_id, step, **more):
        step.params["traced"] = True


class TellsErrors(Careful):
    def on_event(self, event):
        self.told.append(str(event.to_dict()))

    def on_step_end(self, run_id, step, **more):
        self.told.append("vendor said: sk-canary6f1d0c7e52ab4c1d9e0b")


class TellsPrompts(Careful):
    def on_step_end(self, run_id, step, **more):
        self.told.append(step.prompt)


BROKEN = {
    "no_event_makes_it_raise": (Raising, "made it raise AttributeError"),
    "it_tells_of_every_run": (Deaf, "nothing was told of run 2"),
    "it_holds_nobody_up": (Slow, "queue the work inside the tracer"),
    "it_is_called_from_several_threads_at_once": (ForOneThread, "only in the main thread"),
    "it_changes_nothing_that_it_hears": (Marking, "the record is another one afterwards"),
    "a_run_is_the_same_with_and_without_it": (Forgetting, "the manifest is another one"),
    "a_key_in_an_error_is_not_passed_on": (TellsErrors, "a key that a vendor repeated"),
    "a_private_prompt_is_not_passed_on": (TellsPrompts, "marked private"),
}


def test_every_rule_is_broken_once():
    assert list(BROKEN) == own_rules(TracerContract)


@pytest.mark.slow  # one of them holds everybody up
@pytest.mark.parametrize("rule", BROKEN)
def test_breaking_a_rule_of_tracers_says_which(rule, tmp_path):
    tracer, complaint = BROKEN[rule]
    assert complaint in complaint_of(contract_of(tracer), rule, tmp_path)
