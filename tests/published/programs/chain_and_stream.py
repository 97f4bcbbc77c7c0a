"""Chained steps, fallback models, batches and the events of a run."""

from genblaze_core import (
    Asset,
    GenblazeError,
    MockProvider,
    MockVideoProvider,
    Modality,
    Pipeline,
    PipelineError,
    ProviderError,
    SyncProvider,
)


class Moody(SyncProvider):
    name = "moody"

    def generate(self, step, config=None):
        if step.model == "gone":
            raise ProviderError("model gone", error_code="model_error")
        step.assets = [Asset(url=f"https://h/{step.model}.png", media_type="image/png", sha256="b" * 64)]
        return step


image, video = MockProvider(), MockVideoProvider()
chained = (
    Pipeline("chain", chain=True)
    .step(image, model="a", prompt="first")
    .step(video, model="b", prompt="then", modality=Modality.VIDEO)
    .run(raise_on_failure=True)
)
first, second = chained.run.steps
print([asset.url for asset in second.inputs] == [asset.url for asset in first.assets], second.assets[0].media_type)

fallen = (
    Pipeline("fallback").step(Moody(), model="gone", fallback_models=["here"], prompt="x").run(raise_on_failure=True)
)
print(fallen.run.steps[0].status, fallen.run.steps[0].model, fallen.run.steps[0].assets[0].url)

try:
    Pipeline("fails").step(Moody(), model="gone", prompt="x").run(raise_on_failure=True)
except PipelineError as error:
    print(type(error).__name__, isinstance(error, GenblazeError), error.failed_step_index, error.result.run.status)

results = Pipeline("batch").step(image, model="a", prompt="none").batch_run(["one", "two"])
print([result.run.steps[0].prompt for result in results], [str(result.run.status) for result in results])

seen = []
for event in Pipeline("stream").step(Moody(), model="here", prompt="x").stream(raise_on_failure=False):
    if str(event.type) not in seen:
        seen.append(str(event.type))
print([kind for kind in seen if kind != "step.progress"])
