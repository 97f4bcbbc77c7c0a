"""A price that a program registers with a provider that brings no models of its own."""

from genblaze_core import MockProvider, Pipeline
from genblaze_core.providers import per_unit


class Painter(MockProvider):
    pass


painter = Painter(name="painter")
print(Pipeline("p").step(painter, model="m", prompt="q").run(raise_on_failure=False).run.steps[0].cost_usd)
painter.models.register_pricing("m", per_unit(0.25))
pipeline = Pipeline("p").step(painter, model="m", prompt="q").step(painter, model="other", prompt="q")
print([step.cost_usd for step in pipeline.run(raise_on_failure=False).run.steps], painter.estimate_cost("m", n=2))
