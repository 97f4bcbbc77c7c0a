"""Each rule for providers, broken once on purpose: it fails, and says which rule it is."""

import logging
import threading
from uuid import uuid4

import pytest
from broken_rules import complaint_of, own_rules

from genblaze import Asset, BaseProvider, ProviderError, ProviderErrorCode
from genblaze.testing import ProviderContract

JOBS = {}
KEY = "canary-6f1d0c7e52ab4c1d9e0b"


class Diligent(BaseProvider):
    """A queue of its own that keeps every rule."""

    name = "diligent"
    poll_interval = 0.001

    def submit(self, step, config=None):
        if not step.prompt:
            raise ProviderError("no prompt", error_code=ProviderErrorCode.INVALID_INPUT)
        job_id = str(uuid4())
        JOBS[job_id] = step.prompt
        return job_id

    def poll(self, prediction_id, config=None):
        return True

    def fetch_output(self, prediction_id, step):
        step.assets = [Asset.from_text(f"{len(JOBS[prediction_id])} letters")]
        return step

    def cancel(self, prediction_id):
        pass


class SubmitsTwice(Diligent):
    refused = False

    def submit(self, step, config=None):
        if not self.refused:
            self.refused = True
            raise ProviderError("busy", error_code=ProviderErrorCode.RATE_LIMIT)
        return super().submit(step)


class AnswersOnePoll(Diligent):
    polled = False

    def poll(self, prediction_id, config=None):
        if self.polled:
            raise ProviderError("you asked already", error_code=ProviderErrorCode.INVALID_INPUT)
        self.polled = True
        return True


class ForgetsWhatWasCollected(Diligent):
    def fetch_output(self, prediction_id, step):
        step = super().fetch_output(prediction_id, step)
        del JOBS[prediction_id]
        return step


class KeepsJobsToItself(Diligent):
    def __init__(self):
        super().__init__()
        self.jobs = {}

    def submit(self, step, config=None):
        job_id = super().submit(step)
        self.jobs[job_id] = JOBS[job_id]
        return job_id

    def fetch_output(self, prediction_id, step):
        step.assets = [Asset.from_text(f"{len(self.jobs[prediction_id])} letters")]
        return step


class CannotCancel(Diligent):
    cancel = None


class CancelsOnce(Diligent):
    def cancel(self, prediction_id):
        raise ProviderError("it has ended", error_code=ProviderErrorCode.INVALID_INPUT)


class TrustsThePrompt(Diligent):
    def submit(self, step, config=None):
        return super().submit(step.model_copy(update={"prompt": step.prompt + "."}))


class CountsInPercent(Diligent):
    polls = 0

    def poll(self, prediction_id, config=None):
        self.polls += 1
        return self.polls > 1

    def poll_progress(self, prediction_id):
        return {"progress_pct": 50}


class WritesOneFile(Diligent):
    def fetch_output(self, prediction_id, step):
        path = OneFile.folder / "output.txt"
        with OneFile.lock:  # a file that changes while it is hashed is another mistake, which the engine notices
            if not path.exists():
                path.write_text("always here", "utf-8")
        step.assets = [Asset(url=path.as_uri(), media_type="text/plain")]
        return step


class OneFile:
    folder = None
    lock = threading.Lock()


class Chatty(Diligent):
    def submit(self, step, config=None):
        logging.getLogger("chatty").debug("key %s, prompt %s", KEY, step.prompt)
        return super().submit(step)


BROKEN = {
    "a_run_submits_once": (SubmitsTwice, "submitted 2 times"),
    "a_failed_poll_is_asked_again_and_not_bought_again": (AnswersOnePoll, "you asked already"),
    "outputs_can_be_collected_twice": (ForgetsWhatWasCollected, "after a failed fetch"),
    "a_job_is_known_by_its_id_to_another_process": (KeepsJobsToItself, "could not collect the job: KeyError"),
    "a_job_that_nobody_waits_for_is_cancelled": (CannotCancel, "set cancellable = False"),
    "cancelling_a_job_that_has_ended_is_no_error": (CancelsOnce, "it has ended"),
    "what_it_cannot_do_is_refused_with_a_provider_error": (TrustsThePrompt, "TypeError came out instead"),
    "a_stream_begins_progresses_and_ends_once": (CountsInPercent, "a fraction from 0 to 1"),
    "steps_at_once_keep_their_outputs_apart": (WritesOneFile, "two steps wrote one file"),
    "the_secret_is_in_no_record_log_or_file": (Chatty, "the key is in"),
    "a_private_prompt_is_in_no_log_or_file": (Chatty, "the private prompt is in"),
}


def contract_of(provider):
    class Checked(ProviderContract):
        secret = KEY
        expects_cost = False
        waits = 20.0

        def make_provider(self):
            return provider()

    return Checked


class TestDiligent(contract_of(Diligent)):
    """It keeps them all."""


def test_every_rule_is_broken_once():
    assert list(BROKEN) == own_rules(ProviderContract)


@pytest.mark.parametrize("rule", BROKEN)
def test_breaking_a_rule_of_providers_says_which(rule, tmp_path, monkeypatch):
    monkeypatch.setattr(OneFile, "folder", tmp_path)
    provider, complaint = BROKEN[rule]
    assert complaint in complaint_of(contract_of(provider), rule, tmp_path)
