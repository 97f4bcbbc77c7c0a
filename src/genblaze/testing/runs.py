"""The contract of providers in real runs: bought once, resumed, cancelled, told apart, discreet.

```python
class TestAcme(ProviderContract):
    def make_provider(self):
        return AcmeProvider()
```

Each rule runs a pipeline of its own, so give it a provider that costs nothing: one that asks nobody, or a vendor
played by `VendorSimulator` (`VendorContract` has rules for those).
"""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from genblaze.errors import ProviderError
from genblaze.file_urls import local_file
from genblaze.jobs import Generation, Job, JobStatus
from genblaze.providers.provider import BaseProvider, SyncProvider
from genblaze.providers.single import hand_made_context, request_of
from genblaze.retry import RetryPolicy
from genblaze.sync import run_sync
from genblaze.testing.contract import skip
from genblaze.testing.providers import ProviderComplianceTests
from genblaze.testing.watching import Watcher, everything_written, logged
from genblaze.threads import call

if TYPE_CHECKING:
    from genblaze.models.step import Step
    from genblaze.pipeline import Pipeline, PipelineResult
    from genblaze.plugins import PluginManager

__all__ = ["ProviderContract"]

AT_ONCE = 4
THRICE = RetryPolicy(max_attempts=3, initial_backoff_sec=0, jitter="none")
PRIVATE_PROMPT = "an unannounced product, codename wolverine-4711"


class ProviderContract(ProviderComplianceTests):
    """What the engine relies on while a provider's job runs.

    Write `make_provider()`. Override `make_step()` where the model, the modality or parameters matter, and
    `bad_steps()` to name steps that it may not be able to do.

    Attributes:
        secret: The key that `make_provider` hands over, if it does: it must turn up nowhere.
        resumable: Whether a job is known by its id alone, also to another process.
        cancellable: Whether the vendor can be told that nobody waits any more.
        waits: Seconds that a rule waits for a run that must end; never reached by one that does.
    """

    secret: ClassVar[str | None] = None
    resumable: ClassVar[bool] = True
    cancellable: ClassVar[bool] = True
    waits: ClassVar[float] = 60.0

    # --- bought once ---------------------------------------------------------------------------------------------

    def test_a_run_submits_once(self, tmp_path: Path) -> None:
        watcher = Watcher()
        result = self._run(tmp_path, watcher)
        assert result.run.steps[0].error is None, result.run.steps[0].error
        assert watcher.calls.count("submit") == 1, f"one step submitted {watcher.calls.count('submit')} times"
        assert result.manifest.verify(), f"the run does not verify: {result.run.steps[0].assets}"

    def test_a_failed_poll_is_asked_again_and_not_bought_again(self, tmp_path: Path) -> None:
        self._check_survives(tmp_path, Watcher(failing="poll"))

    def test_outputs_can_be_collected_twice(self, tmp_path: Path) -> None:
        self._check_survives(tmp_path, Watcher(failing="fetch"))

    def test_a_job_is_known_by_its_id_to_another_process(self, tmp_path: Path) -> None:
        self._needs_jobs()
        if not self.resumable:
            skip("resumable is False")
        watcher = Watcher()
        made = self._run(tmp_path, watcher).run.steps[0]
        assert watcher.job_ids, f"no job was submitted: {made.error}"
        try:
            again = self._collected(watcher.job_ids[0], made)
        except Exception as error:
            msg = f"a new object could not collect the job: {type(error).__name__}: {error}"
            raise AssertionError(msg) from error
        assert len(again) == len(made.assets), f"a new object collected {len(again)} of {len(made.assets)} outputs"

    # --- cancelled -----------------------------------------------------------------------------------------------

    def test_a_job_that_nobody_waits_for_is_cancelled(self, tmp_path: Path) -> None:
        self._needs_jobs()
        if not self.cancellable:
            skip("cancellable is False")
        watcher = Watcher(endless=True)
        run_sync(lambda: _cancelled_midway(self._pipeline(tmp_path, watcher), watcher, self.waits))
        assert watcher.errors.get("cancel") is None, f"cancel() raised {watcher.errors['cancel']!r}"
        assert watcher.cancelled == watcher.job_ids, f"cancelled {watcher.cancelled} of {watcher.job_ids}"
        assert _can_cancel(self.make_provider()), "it has no cancel(); if the vendor has none, set cancellable = False"

    def test_cancelling_a_job_that_has_ended_is_no_error(self, tmp_path: Path) -> None:
        self._needs_jobs()
        watcher = Watcher()
        result = self._run(tmp_path, watcher)
        job = self._job(result.run.steps[0])
        run_sync(lambda: call(job.cancel, watcher.job_ids[0]))

    # --- errors --------------------------------------------------------------------------------------------------

    def bad_steps(self) -> list[Step]:
        """Steps that the provider may not be able to do; for overriding where others are of interest."""
        step = self.make_step()
        return [step.model_copy(update={"prompt": None}), step.model_copy(update={"prompt": ""})]

    def test_what_it_cannot_do_is_refused_with_a_provider_error(self) -> None:
        for step in self.bad_steps():
            job = self._job(step)
            refusal = run_sync(partial(_refusal, job))
            wrong = f"{type(refusal).__name__} came out instead of a ProviderError: {refusal}"
            assert refusal is None or isinstance(refusal, ProviderError), wrong
            assert refusal is None or refusal.error_code is not None, f"{refusal!r} has no error_code"

    # --- events and several steps at once ------------------------------------------------------------------------

    def test_a_stream_begins_progresses_and_ends_once(self, tmp_path: Path) -> None:
        watcher = Watcher()
        kinds = [event.type for event in self._pipeline(tmp_path, watcher).stream()]
        assert kinds.count("step.started") == 1, kinds
        assert kinds.count("step.completed") == 1, kinds
        fractions = watcher.fractions
        assert all(0 <= each <= 1 for each in fractions), f"progress is a fraction from 0 to 1: {fractions}"
        assert all(one <= other for one, other in pairwise(fractions)), f"progress goes back: {fractions}"

    def test_steps_at_once_keep_their_outputs_apart(self, tmp_path: Path) -> None:
        pipeline = self._pipeline(tmp_path, Watcher(), prompts=[f"a test, number {n}" for n in range(AT_ONCE)])
        result = pipeline.run(max_concurrency=AT_ONCE, raise_on_failure=False, progress=False)
        errors = [step.error for step in result.run.steps if step.error]
        assert not errors, f"of {AT_ONCE} steps at once some failed: {errors}"
        files = [local_file(asset.url) for step in result.run.steps for asset in step.assets]
        written = [path for path in files if path is not None]
        assert len(set(written)) == len(written), f"two steps wrote one file: {sorted(map(str, written))}"

    # --- discretion ----------------------------------------------------------------------------------------------

    def test_the_secret_is_in_no_record_log_or_file(self, tmp_path: Path) -> None:
        if self.secret is None:
            skip("secret is None: the provider has no key")
        with logged() as lines:
            pipeline = self._pipeline(tmp_path, Watcher())
            seen = [repr(event) + str(event.to_dict()) for event in pipeline.stream()]
        seen += [repr(self.make_provider()), *lines, *everything_written(tmp_path)]
        _absent(self.secret, seen, "the key")

    def test_a_private_prompt_is_in_no_log_or_file(self, tmp_path: Path) -> None:
        with logged() as lines:
            pipeline = self._pipeline(tmp_path, Watcher(), prompts=[PRIVATE_PROMPT], prompt_visibility="private")
            pipeline.run(raise_on_failure=False, progress=False)
        _absent(PRIVATE_PROMPT, [*lines, *everything_written(tmp_path)], "the private prompt")

    # --- ---------------------------------------------------------------------------------------------------------

    def _pipeline(self, folder: Path, watcher: Watcher, prompts: list[str] | None = None, **more: Any) -> Pipeline:
        """A pipeline of the provider's step, or of one for each prompt, whose jobs are watched."""
        from genblaze.pipeline import Pipeline

        pipeline = Pipeline("contract", output_dir=folder, plugins=_watched_plugins(watcher), preflight=False)
        provider, step = self.make_provider(), self.make_step()
        asked = {"modality": step.modality, "step_type": step.step_type, "step_retry": THRICE, **step.params, **more}
        for prompt in prompts or [step.prompt or ""]:
            pipeline.step(provider, model=step.model, prompt=prompt, external_inputs=step.inputs, **asked)
        return pipeline

    def _run(self, folder: Path, watcher: Watcher) -> PipelineResult:
        return self._pipeline(folder, watcher).run(raise_on_failure=False, progress=False)

    def _check_survives(self, folder: Path, watcher: Watcher) -> None:
        self._needs_jobs()
        result = self._run(folder, watcher)
        step = result.run.steps[0]
        assert step.error is None, f"after a failed {watcher.failing}: {step.error}"
        assert step.assets, f"after a failed {watcher.failing} there are no outputs"
        assert watcher.calls.count("submit") == 1, f"a failed {watcher.failing} bought the job again"

    def _needs_jobs(self) -> None:
        if isinstance(self.make_provider(), SyncProvider):
            skip("a SyncProvider has no jobs")

    def _job(self, step: Step) -> Job:
        """The job of a step at a new provider object, as another process would have it."""
        return self.make_provider().job(request_of(step), hand_made_context())

    def _collected(self, job_id: str, step: Step) -> tuple[Any, ...]:
        job = self._job(step)

        async def main() -> Generation:
            async with asyncio.timeout(self.waits):
                while not _is_done(await call(job.poll, job_id)):  # noqa: ASYNC110 - the vendor tells nobody
                    await asyncio.sleep(0.01)
            made: Generation = await call(job.fetch, job_id)
            return made

        made: Generation = run_sync(main)
        return made.assets


async def _refusal(job: Job) -> Exception | None:
    """What submitting raises, if it does."""
    try:
        await call(job.submit)
    except Exception as error:  # noqa: BLE001 - what came out is what the rule looks at
        return error
    return None


async def _cancelled_midway(pipeline: Pipeline, watcher: Watcher, waits: float) -> None:
    """Begin a run whose job never ends, and give it up once it is polled."""
    running = asyncio.ensure_future(pipeline.arun(raise_on_failure=False, progress=False))
    async with asyncio.timeout(waits):
        while "poll" not in watcher.calls and not running.done():  # noqa: ASYNC110 - the run is not ours to instrument
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _watched_plugins(watcher: Watcher) -> PluginManager:
    """The installed plugins, in their defaults, and the watcher."""
    from genblaze.config import Config
    from genblaze.plugins import PluginManager

    plugins = PluginManager(Config())
    plugins.register(watcher, "watcher-of-the-contract")
    return plugins


def _is_done(answer: Any) -> bool:
    return bool(answer.done) if isinstance(answer, JobStatus) else bool(answer)


def _can_cancel(provider: BaseProvider) -> bool:
    """Whether its jobs pass a cancellation on; of jobs of its own making that is not known."""
    return type(provider).job is not BaseProvider.job or callable(getattr(provider, "cancel", None))


def _absent(what: str, seen: list[str], name: str) -> None:
    found = [text[:200].replace(what, "<HERE>") for text in seen if what in text]
    assert not found, f"{name} is in {found[:3]}"
