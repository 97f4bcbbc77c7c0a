"""What fails, how it is classified, and what is raised."""

from genblaze_core import (
    Asset,
    GenblazeError,
    ManifestError,
    MockProvider,
    Pipeline,
    ProviderError,
    SyncProvider,
    parse_manifest,
    validate_asset_url,
    validate_chain_input_url,
)
from genblaze_core.providers import RetryPolicy, retry_after_from_response
from genblaze_core.providers.base import classify_api_error


def refused(call, *arguments):
    try:
        call(*arguments)
    except GenblazeError as error:
        return type(error).__name__
    return "accepted"


class Flaky(SyncProvider):
    name = "flaky"

    def __init__(self, failures, code):
        super().__init__(retry_policy=RetryPolicy(initial_backoff_sec=0.001, jitter="none"))
        self.left, self.code = failures, code

    def generate(self, step, config=None):
        if self.left:
            self.left -= 1
            raise ProviderError("try again", error_code=self.code)
        step.assets = [Asset(url="https://h/a.png", media_type="image/png", sha256="e" * 64)]
        return step


def run(failures, code, **options):
    provider = Flaky(failures, code)
    result = Pipeline("f").step(provider, model="m", prompt="x").run(raise_on_failure=False, **options)
    step = result.run.steps[0]
    return str(step.status), step.error_code and str(step.error_code), provider.left


print(run(1, "rate_limit", max_retries=2), run(1, "invalid_input", max_retries=2))
mock = MockProvider(should_fail=True, error_message="out of paint", error_code="invalid_input")
broken = Pipeline("f").step(mock, model="m", prompt="x").run(raise_on_failure=False)
print(broken.run.steps[0].error, len(broken.failed_steps()), "out of paint" in broken.error_summary())
print([refused(validate_asset_url, url) for url in ("https://h/a", "http://h/a", "file:///a")])
print([refused(validate_chain_input_url, url) for url in ("https://h/a", "http://h/a", "file:///etc/passwd")])
print([str(classify_api_error(text)) for text in ("timed out", "429", "Unauthorized", "invalid size", "server error")])
print([retry_after_from_response({"Retry-After": text}) for text in ("5", "500", "0", "soon")])
print(refused(parse_manifest, {"schema_version": "99.0"}), issubclass(ManifestError, GenblazeError))
policy = RetryPolicy.conservative()
print(policy.max_attempts, policy.initial_backoff_sec, policy.compute_delay(1, retry_after=500.0))
