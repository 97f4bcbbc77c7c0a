"""Steps: what they need, and what the engine notes on them."""

import pytest

from genblaze.errors import InvalidValueError
from genblaze.models import ProviderErrorCode, Run, Step, StepStatus, StepType


def a_step(**fields):
    return Step(provider="p", model="m", **fields)


def test_only_ingest_and_import_need_no_provider():
    assert Step(model="camera", step_type=StepType.INGEST).provider is None
    assert Step(model="camera", step_type="import").provider is None
    with pytest.raises(InvalidValueError, match="name the provider"):
        Step(model="m")


@pytest.mark.parametrize("code", ProviderErrorCode)
def test_only_failures_that_may_pass_are_retryable(code):
    passing = {ProviderErrorCode.TIMEOUT, ProviderErrorCode.RATE_LIMIT, ProviderErrorCode.SERVER_ERROR}
    assert a_step(error_code=code).retryable is (code in passing)


def test_a_new_step_has_no_notes():
    step = a_step()
    assert step.upstream_id is step.requested_model is step.fallback_from is None
    assert step.attempts == []
    assert not step.cached
    assert not step.cancelled
    assert not step.retryable


def test_notes_are_kept_outside_the_hash_beside_the_vendors_payload():
    step = a_step(provider_payload={"vendor": 1})
    step.note(upstream_id="job-1", requested_model="big")
    step.note(fallback_from="big", attempts=[{"error": "busy"}], cached=True, cancelled=True)
    assert (step.upstream_id, step.requested_model, step.fallback_from) == ("job-1", "big", "big")
    assert step.attempts == [{"error": "busy"}]
    assert step.cached
    assert step.cancelled
    assert step.provider_payload["vendor"] == 1
    assert step.metadata == {}


def test_what_the_published_package_noted_is_found():
    step = a_step(metadata={"upstream_id": 7, "fallback_from": "big"})
    assert (step.upstream_id, step.fallback_from) == ("7", "big")


def test_notes_of_a_strange_form_count_as_none():
    step = a_step(provider_payload={"genblaze": "?"})
    assert step.attempts == []
    step.note(cached=True)
    assert step.cached


def test_a_cancelled_status_counts_without_a_note():
    assert a_step(status=StepStatus.CANCELLED).cancelled


def test_prompts_and_params_stay_out_of_reprs():
    step = a_step(prompt="SECRET", params={"key": "SECRET"})
    assert "SECRET" not in repr(step)
    assert "SECRET" not in repr(Run(steps=[step]))
