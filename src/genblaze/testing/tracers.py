"""The contract of tracers: they hear every run, change nothing, hold nobody up and keep secrets.

```python
class TestAcmeTracer(TracerContract):
    def make_tracer(self):
        return AcmeTracer(url=self.backend)

    def output(self, tracer):
        return everything_that_was_sent()       # as text
```
"""

from __future__ import annotations

import statistics
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar

from genblaze.errors import ProviderError
from genblaze.hookspecs import TraceEvent
from genblaze.mocks import MockProvider
from genblaze.models.enums import ProviderErrorCode
from genblaze.plugins.tracers import SLOW_SECONDS, adapt_tracer
from genblaze.retry import RetryPolicy
from genblaze.testing.contract import Contract
from genblaze.testing.isolated import plugins_with

__all__ = ["TracerContract"]

KEY = "sk-canary6f1d0c7e52ab4c1d9e0b"
PROMPT = "an unannounced product, codename wolverine-4711"
THREADS = 8


class TracerContract(Contract, ABC):
    """What a run relies on in whoever hears it.

    Write `make_tracer()`, and `output(tracer)`, which gives as text all that it has told so far, wherever that went.

    Attributes:
        tells_private_prompts: Whether the tracer passes prompts on although they are marked private.
    """

    tells_private_prompts: ClassVar[bool] = False

    @abstractmethod
    def make_tracer(self) -> Any:
        """A tracer: an object with `on_run_start` … or with `trace(event)`, such as the plugin's module."""

    @abstractmethod
    def output(self, tracer: Any) -> str:
        """All that it has told so far, wherever that went; flushes what it has queued."""

    def test_no_event_makes_it_raise(self) -> None:
        _, tell = adapt_tracer(self.make_tracer())
        for event in story():
            try:
                tell(event)
            except Exception as error:
                msg = f"{_name(event)} made it raise {type(error).__name__}: {error}"
                raise AssertionError(msg) from error

    def test_it_tells_of_every_run(self) -> None:
        tracer = self.make_tracer()
        _, tell = adapt_tracer(tracer)
        told = [self.output(tracer)]
        for succeeds in (True, False, True):
            for event in story(succeeds=succeeds):
                tell(event)
            told.append(self.output(tracer))
            assert told[-1] != told[-2], f"nothing was told of run {len(told) - 1}"

    def test_it_holds_nobody_up(self) -> None:
        _, tell = adapt_tracer(self.make_tracer())
        seconds = []
        for event in [*story(), *story(succeeds=False)]:
            started = perf_counter()
            tell(event)
            seconds.append(perf_counter() - started)
        usual = statistics.median(seconds)
        assert usual < SLOW_SECONDS, f"it usually takes {usual:.2f} s for an event: queue the work inside the tracer"

    def test_it_is_called_from_several_threads_at_once(self) -> None:
        _, tell = adapt_tracer(self.make_tracer())

        def hear(_number: int) -> None:
            for event in story():
                tell(event)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(hear, range(THREADS)))

    def test_it_changes_nothing_that_it_hears(self) -> None:
        _, tell = adapt_tracer(self.make_tracer())
        for event in story():
            before = [record.model_dump(mode="json") for record in _records(event)]
            tell(event)
            after = [record.model_dump(mode="json") for record in _records(event)]
            assert after == before, f"{_name(event)}: the record is another one afterwards"

    def test_a_run_is_the_same_with_and_without_it(self, tmp_path: Path) -> None:
        with_it = _run(tmp_path, self.make_tracer())
        without = _run(tmp_path, None)
        assert with_it.manifest.canonical_hash == without.manifest.canonical_hash, "the manifest is another one"

    def test_a_key_in_an_error_is_not_passed_on(self) -> None:
        tracer = self.make_tracer()
        for event in story(succeeds=False):
            adapt_tracer(tracer)[1](event)
        assert KEY not in self.output(tracer), "a key that a vendor repeated in its error is in what was told"

    def test_a_private_prompt_is_not_passed_on(self) -> None:
        if self.tells_private_prompts:
            return
        tracer = self.make_tracer()
        for event in story():
            adapt_tracer(tracer)[1](event)
        assert PROMPT not in self.output(tracer), "a prompt that is marked private is in what was told"


def story(*, succeeds: bool = True) -> list[TraceEvent]:
    """Everything a tracer hears of one run: a step that is retried and succeeds, or fails for good."""
    heard: list[TraceEvent] = []
    _run(None, _Listener(heard), succeeds=succeeds)
    return heard


class _Listener:
    def __init__(self, heard: list[TraceEvent]) -> None:
        self.trace = heard.append


def _run(folder: Path | None, tracer: Any, *, succeeds: bool = True) -> Any:
    from genblaze.pipeline import Pipeline

    failures = [ProviderError(f"busy, key {KEY}", error_code=ProviderErrorCode.RATE_LIMIT)] * (1 if succeeds else 2)
    retry = RetryPolicy(max_attempts=2, initial_backoff_sec=0, jitter="none")
    pipeline = Pipeline("story", tenant_id="t", tracer=tracer, output_dir=folder, plugins=plugins_with(), embed=False)
    pipeline.step(
        _Moody(failures), model="m", prompt=PROMPT, prompt_visibility="private", step_retry=retry, step_name="only"
    )
    return pipeline.run(raise_on_failure=False, progress=False)


class _Moody(MockProvider):
    """Fails as often as it is told to, and then answers."""

    def __init__(self, failures: list[ProviderError]) -> None:
        super().__init__(cost_usd=0.25)
        self._failures = list(failures)

    def generate(self, step: Any, config: Any = None) -> Any:
        """Fail or answer."""
        if self._failures:
            raise self._failures.pop()
        return super().generate(step, config)


def _records(event: TraceEvent) -> list[Any]:
    run = None if event.result is None else event.result.run
    return [record for record in (event.step, run) if record is not None]


def _name(event: TraceEvent) -> str:
    return event.kind if event.event is None else event.event.type
