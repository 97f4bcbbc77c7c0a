"""A template saved to a file, the step cache, and a moderation hook."""

import tempfile
from pathlib import Path

from genblaze_core import MockProvider, ModerationHook, ModerationResult, Pipeline, PipelineTemplate, StepCache


class NoWolves(ModerationHook):
    def check_prompt(self, prompt, params):
        return ModerationResult(allowed="wolf" not in prompt, reason="no wolves")

    def check_output(self, step):
        return ModerationResult(allowed=True)


folder = Path(tempfile.mkdtemp())
provider = MockProvider(cost_usd=0.25)
for _ in range(2):
    result = (
        Pipeline("cached")
        .cache(StepCache(folder / "cache"))
        .step(provider, model="m", prompt="a fox", seed=1)
        .run(raise_on_failure=True)
    )
print(provider.call_count, result.run.steps[0].status)

moderated = Pipeline("m", moderation=NoWolves()).step(provider, model="m", prompt="a wolf").run(raise_on_failure=False)
print(moderated.run.steps[0].status, provider.call_count)

Pipeline("saved").step(provider, model="m", prompt="a {animal}", size="1x1").to_template().save(folder / "t.json")
steps = PipelineTemplate.from_file(folder / "t.json").steps
print([(step.provider_name, step.model, step.prompt, step.params) for step in steps])
