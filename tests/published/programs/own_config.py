"""What a provider of somebody else's is told of the caller's configuration, and what can be set on the way."""

from genblaze_core import Asset, Pipeline, Step, SyncProvider


class Told(SyncProvider):
    name = "told"

    def __init__(self, label, **options):
        super().__init__(**options)
        self.label, self.seen = label, []

    def generate(self, step, config=None):
        self.seen.append({key: config[key] for key in ("metadata", "tags", "team") if key in config})
        step.assets.append(Asset(url="https://h/a.png", media_type="image/png", sha256="1" * 64))
        return step


provider = Told("mine")
config = {"metadata": {"trace": "t1"}, "tags": ["x"], "team": "red"}
pipeline = Pipeline("p").config(config).step(provider, model="m", prompt="q")
print(pipeline.run(raise_on_failure=False).run.status, provider.seen)
print(pipeline.invoke(config={**config, "tags": ["y"]}).run.status, provider.seen[-1])
print(provider.invoke(Step(provider="told", model="m"), {"team": "blue", "timeout": 5}).status, provider.seen[-1])


class Louder(Pipeline):
    def step(self, provider, **keywords):
        self.seen = [*getattr(self, "seen", []), keywords["model"]]
        return super().step(provider, **keywords)


louder = Louder("l").step(provider, model="m", prompt="q").step(provider, model="n", prompt="q")
print(type(louder).__name__, louder.seen, louder.run(raise_on_failure=False).run.status)
