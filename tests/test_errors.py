"""The error tree: what it is drawn to be, and what the errors carry."""

import pickle
import re
from types import SimpleNamespace

import pytest

from genblaze import errors
from genblaze.errors import (
    BatchPipelineError,
    GenblazeError,
    InvalidValueError,
    PipelineError,
    PointerSidecarError,
    ProviderError,
    StorageError,
    TemplateError,
    UnverifiedAssetError,
)
from genblaze.models import Run, Step


def drawn_tree():
    """The names in the module docstring, each with the name it hangs on."""
    parents = []
    for line in errors.__doc__.splitlines():
        if found := re.match(r"((?:[│ ]   )*)(?:[├└]── )?(\w+Error)\b", line):
            depth = len(found[1]) // 4 + ("──" in line)
            parents[depth:] = [found[2]]
            yield found[2], parents[depth - 1] if depth else None


def test_the_drawn_tree_is_the_tree():
    drawn = dict(drawn_tree())
    assert set(drawn) == set(errors.__all__)
    for name, parent in drawn.items():
        expected = Exception if parent is None else getattr(errors, parent)
        assert getattr(errors, name).__bases__[0] is expected


@pytest.mark.parametrize("kind", [InvalidValueError, TemplateError])
def test_errors_about_values_are_value_errors(kind):
    assert issubclass(kind, ValueError)
    assert issubclass(kind, GenblazeError)


def result_of(*steps, status="completed"):
    return SimpleNamespace(run=Run(status=status, steps=list(steps)))


def test_a_batch_error_sorts_failed_runs_from_the_others():
    good = result_of()
    bad_step = Step(provider="p", model="m", status="failed", error="out of credit")
    bad = result_of(Step(provider="p", model="m", status="succeeded"), bad_step, status="failed")
    error = BatchPipelineError([good, bad])
    assert error.succeeded == [good]
    assert error.total == 2
    [(index, failure)] = error.failures
    assert (index, failure.result, failure.failed_step_index) == (1, bad, 1)
    assert failure.failed_step_error == "out of credit"
    assert "1 of 2 runs" in str(error)
    assert "out of credit" in str(error)


def test_a_run_that_ended_without_a_failed_step_is_still_a_failure_of_the_batch():
    error = BatchPipelineError([result_of(status="cancelled")])
    assert "ended as cancelled" in str(error.failures[0][1])


def test_a_batch_error_takes_the_text_it_is_given():
    assert str(BatchPipelineError([], message="stopped by hand")) == "stopped by hand"


def test_a_pointer_sidecar_says_where_the_manifest_is():
    error = PointerSidecarError("s3://bucket/manifest.json", "ab" * 32)
    assert (error.manifest_uri, error.canonical_hash) == ("s3://bucket/manifest.json", "ab" * 32)
    assert "s3://bucket/manifest.json" in str(error)


@pytest.mark.parametrize(
    "error",
    [
        ProviderError("busy", error_code="rate_limit", retry_after=2.5, attempts=3),
        PipelineError("step 0 failed", failed_step_index=0, failed_step_error="x"),
        PointerSidecarError("s3://b/m.json", "00"),
        BatchPipelineError([], message="all failed"),
        UnverifiedAssetError("no digest", asset_ids=["a"]),
        StorageError("denied", error_code="access_denied", status_code=403, operation="put"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_the_way_to_another_process(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
