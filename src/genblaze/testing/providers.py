"""The contract of providers as tests: what the engine relies on, to be run over a provider of your own.

```python
class TestAcme(ProviderComplianceTests):
    def make_provider(self):
        return AcmeProvider(api_key="test", base_url=simulator.url)
```

All tests of a class look at one call of the provider, so that a real vendor is asked, and paid, once.
"""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from copy import deepcopy
from typing import Any, ClassVar

from genblaze.file_urls import local_file
from genblaze.models.asset import Asset
from genblaze.models.enums import Modality, StepStatus
from genblaze.models.step import Step
from genblaze.providers.provider import BaseProvider, ProviderCapabilities, SubmitResult, SyncProvider
from genblaze.testing.contract import Contract, skip

__all__ = ["ProviderComplianceTests"]

_SCHEMES = ("https://", "file:///", "s3://", "data:")
_RECORDED = ("submit", "poll", "fetch_output", "generate")


class _Call:
    """One call of a provider, and what its methods answered on the way."""

    def __init__(self, provider: BaseProvider, step: Step) -> None:
        self.provider = provider
        self.answers: dict[str, list[Any]] = {name: [] for name in _RECORDED}
        for name in _RECORDED:
            method = getattr(provider, name, None)
            if method is not None:
                setattr(provider, name, self._recording(name, method))
        self.given = step
        self.done = provider.invoke(step)

    def _recording(self, name: str, method: Any) -> Any:
        answers = self.answers[name]
        if inspect.iscoroutinefunction(method):

            @functools.wraps(method)
            async def recorded(*args: Any, **kwargs: Any) -> Any:
                answers.append(await method(*args, **kwargs))
                return answers[-1]

        else:

            @functools.wraps(method)
            def recorded(*args: Any, **kwargs: Any) -> Any:
                answers.append(method(*args, **kwargs))
                return answers[-1]

        return recorded


class ProviderComplianceTests(Contract, ABC):
    """Subclass it as `Test…`, implement `make_provider`, and let pytest collect it.

    Attributes:
        expects_cost: Whether the provider states what a call cost.
    """

    expects_cost: ClassVar[bool] = True

    @abstractmethod
    def make_provider(self) -> BaseProvider:
        """A provider that can be called."""

    def make_step(self) -> Step:
        """The step to call it with; for overriding where the model or the parameters matter."""
        return Step(provider="test", model="test-model", prompt="a test", modality=self._modality())

    def constructor_kwargs_for_probe_cache_test(self) -> dict[str, Any]:
        """What else the constructor needs, besides the keywords of `BaseProvider`."""
        return {}

    def places_of_outputs(self) -> tuple[str, ...]:
        """How the URLs of outputs may begin."""
        return _SCHEMES

    # --- what it is ----------------------------------------------------------------------------------------------

    def test_has_name(self) -> None:
        """Manifests record the name."""
        provider = self.make_provider()
        assert provider.name, f"{type(provider).__name__} has no name"
        assert provider.name != BaseProvider.name, "the name is still that of BaseProvider"

    def test_name_is_string(self) -> None:
        """Manifests record it as text."""
        assert isinstance(self.make_provider().name, str)

    def test_get_capabilities_returns_valid_type(self) -> None:
        """The planner reads them before anything is paid."""
        known = self.make_provider().get_capabilities()
        assert known is None or isinstance(known, ProviderCapabilities)

    def test_accepts_probe_cache_kwargs(self) -> None:
        """The keywords of `BaseProvider` are keywords of every provider."""
        kind = type(self.make_provider())
        kind(**self.constructor_kwargs_for_probe_cache_test(), probe_cache_ttl=60.0, probe_cache_max_entries=8)

    def test_normalize_params_idempotent(self) -> None:
        """The engine may apply it to its own result, and shares the parameters it gives."""
        provider, step = self.make_provider(), self.make_step()
        given = deepcopy(step.params)
        once = provider.normalize_params(deepcopy(given), step.modality)
        assert provider.normalize_params(deepcopy(once), step.modality) == once, "it changes its own result"

    # --- the call ------------------------------------------------------------------------------------------------

    def test_invoke_succeeds(self) -> None:
        """A call gives a finished step with outputs."""
        done = self._call.done
        assert done.status == StepStatus.SUCCEEDED, done.error
        assert done.assets, "the step succeeded without any output"

    def test_invoke_sets_timestamps(self) -> None:
        """A finished step knows when it began and ended."""
        done = self._call.done
        assert done.started_at is not None
        assert done.completed_at is not None
        assert done.started_at <= done.completed_at

    def test_submit_returns_prediction_id(self) -> None:
        """A job is found again by the id that `submit` gives."""
        for answer in self._answers_of_a_job("submit"):
            job_id = answer.prediction_id if isinstance(answer, SubmitResult) else answer
            assert job_id not in (None, ""), f"submit() gave {job_id!r} for an id"

    def test_poll_returns_bool(self) -> None:
        """`poll` says whether the job has ended."""
        for answer in self._answers_of_a_job("poll"):
            assert isinstance(answer, bool), f"poll() returned {type(answer).__name__}"

    def test_fetch_output_returns_step(self) -> None:
        """`fetch_output` returns the step that it was given."""
        for answer in self._answers_of_a_job("fetch_output"):
            assert isinstance(answer, Step), f"fetch_output() returned {type(answer).__name__}"

    def test_sync_provider_generate_is_sufficient(self) -> None:
        """A `SyncProvider` needs no other method than `generate`."""
        if not isinstance(self._call.provider, SyncProvider):
            skip("it is no SyncProvider")
        assert [type(answer) for answer in self._call.answers["generate"]] == [Step]

    def test_invoke_populates_cost(self) -> None:
        """A provider that knows its prices says what a call cost."""
        if not self.expects_cost:
            skip("expects_cost is False")
        cost = self._call.done.cost_usd
        assert cost is not None, "cost_usd is not set; if the provider knows no prices, set expects_cost = False"
        assert cost >= 0

    # --- the outputs ---------------------------------------------------------------------------------------------

    def test_assets_have_valid_urls(self) -> None:
        """Outputs can be fetched safely, or lie on this machine."""
        places = self.places_of_outputs()
        for asset in self._call.done.assets:
            assert asset.url.startswith(places), f"{asset!r} is at none of {', '.join(places)}"

    def test_assets_have_media_type(self) -> None:
        """Outputs say what they are."""
        for asset in self._call.done.assets:
            assert asset.problems() == []

    def test_audio_providers_populate_audio_metadata(self) -> None:
        """Sound that lies elsewhere comes with what is known about it; of a local file the engine reads it."""
        for asset in self._call.done.assets:
            if asset.media_type.startswith("audio/") and local_file(asset.url) is None:
                assert asset.audio is not None, f"{asset!r} says nothing about its sound"

    def test_chain_input_urls_validated(self) -> None:
        """An input at a plain `http:` address, perhaps inside a vendor's network, is refused, not passed on."""
        provider, step = self.make_provider(), self.make_step()
        known = provider.get_capabilities()
        if known is None or not known.accepts_chain_input:
            skip("it takes no inputs")
        step.inputs = [Asset(url="http://169.254.169.254/latest/meta-data", media_type="image/png")]
        assert provider.invoke(step).status == StepStatus.FAILED, "it took an input at an http: address"

    # --- ---------------------------------------------------------------------------------------------------------

    @property
    def _call(self) -> _Call:
        """The call that all tests of the class look at."""
        kind = type(self)
        if "_shared_call" not in kind.__dict__:
            kind._shared_call = _Call(self.make_provider(), self.make_step())  # type: ignore[attr-defined]
        return kind.__dict__["_shared_call"]  # type: ignore[no-any-return]

    def _answers_of_a_job(self, name: str) -> list[Any]:
        call = self._call
        if isinstance(call.provider, SyncProvider):
            skip("a SyncProvider has no jobs")
        assert call.answers[name], f"{name}() was never called: {call.done.error}"
        return call.answers[name]

    def _modality(self) -> Modality:
        known = self.make_provider().get_capabilities()
        return known.supported_modalities[0] if known and known.supported_modalities else Modality.IMAGE
