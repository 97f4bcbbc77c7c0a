"""What is sent to the vendor, and what is made of its answers."""

import pytest

from genblaze import Pipeline, PipelineError
from genblaze.testing import Answer, VendorSimulator
from genblaze_acme_api import AcmeApiProvider


@pytest.fixture
def vendor():
    with VendorSimulator() as vendor:
        vendor.on("POST", "/v1/jobs", Answer(body={"id": "j1"}))
        vendor.on("GET", "/v1/jobs/j1", Answer(body={"status": "failed", "error": "out of memory"}))
        yield vendor


def failed(vendor, folder, **asked):
    """The step of a run whose job the vendor fails."""
    provider = AcmeApiProvider("key", base_url=f"{vendor.url}/v1", poll_interval=0.01)
    with pytest.raises(PipelineError) as caught:
        Pipeline("test", output_dir=folder).step(provider, model="acme-api-1", prompt="a fox", **asked).run()
    return caught.value.result.run.steps[0]


def test_prompt_and_parameters_are_sent_with_the_key(vendor, tmp_path):
    failed(vendor, tmp_path, size="1024x1024")
    (call,) = vendor.sent("POST", "/v1/jobs")
    assert call.headers["authorization"] == "Bearer key"
    assert call.body == {"model": "acme-api-1", "prompt": "a fox", "size": "1024x1024"}


def test_a_failed_job_says_why_and_is_not_bought_again(vendor, tmp_path):
    step = failed(vendor, tmp_path)
    assert (step.error_code, "out of memory" in step.error) == ("model_error", True)
    assert len(vendor.sent("POST", "/v1/jobs")) == 1
