"""Everything from within an event loop, with a provider class that calls no super().__init__()."""

import asyncio
from dataclasses import dataclass, field

from genblaze_core import Asset, MockProvider, Pipeline, SyncProvider


@dataclass(eq=False)
class Plain(SyncProvider):
    name: str = "plain"
    prompts: list = field(default_factory=list)

    def __post_init__(self):
        super().__init__()

    def generate(self, step, config=None):
        self.prompts.append(step.prompt)
        step.assets = [Asset(url="https://h/a.png", media_type="image/png", sha256="d" * 64)]
        return step


async def main():
    provider = Plain()
    result = await Pipeline("a").step(provider, model="m", prompt="one").arun(raise_on_failure=True)
    print(result.run.status, provider.prompts)
    kinds = []
    async for event in Pipeline("b").step(provider, model="m", prompt="two").astream(raise_on_failure=False):
        if str(event.type) != "step.progress":
            kinds.append(str(event.type))
    print(kinds)
    results = await Pipeline("c").step(MockProvider(), model="m", prompt="x").abatch_run(["p", "q"], max_concurrency=2)
    print(sorted(each.run.steps[0].prompt for each in results))
    step = result.run.steps[0].model_copy(update={"prompt": "three", "assets": []})
    done = await provider.ainvoke(step)
    print(done.status, len(done.assets), provider.prompts[-1])


asyncio.run(main())
