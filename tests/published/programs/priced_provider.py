"""A vendor that answers in one call, with a registry of models, prices and checked parameters."""

from genblaze_core import Asset, Modality, ModelRegistry, ModelSpec, Pipeline, ProviderError, SyncProvider
from genblaze_core.providers import EnumSchema, IntSchema, by_param, route_images

SIZES = EnumSchema(values=frozenset({"small", "large"}))


class Painter(SyncProvider):
    name = "painter"

    @classmethod
    def create_registry(cls):
        registry = ModelRegistry()
        registry.register(
            ModelSpec(
                model_id="brush-1",
                modality=Modality.IMAGE,
                pricing=by_param("size", {"small": 0.02, "large": 0.08}),
                param_aliases={"size": "image_size"},
                param_defaults={"quality": "fine"},
                param_schemas={"n": IntSchema(min=1, max=4), "image_size": SIZES},
                input_mapping=route_images(slots=["image"]),
            )
        )
        return registry

    def generate(self, step, config=None):
        self.payload = self.prepare_payload(step)
        if step.prompt == "forbidden":
            raise ProviderError("content policy", error_code="content_policy")
        count = self.payload.get("n", 1)
        step.assets = [
            Asset(url=f"https://painter.test/{index}.png", media_type="image/png", sha256=str(index) * 64)
            for index in range(count)
        ]
        return step


def paint(prompt, **params):
    result = (
        Pipeline("p")
        .step(painter, model=params.pop("model", "brush-1"), prompt=prompt, **params)
        .run(raise_on_failure=False)
    )
    (step,) = result.run.steps
    print(step.status, step.error, step.error_code, step.cost_usd, len(step.assets))


painter = Painter()
paint("a fox", size="large", n=2)
print(sorted(painter.payload.items()))
paint("a fox", size="small", external_inputs=[Asset(url="https://h/in.png", media_type="image/png")])
print(painter.payload["image"])
paint("a fox", n=9)
paint("a fox", size="huge")
paint("forbidden", size="small")
paint("a fox", model="unheard-of", anything=1)
print(painter.estimate_cost("brush-1", {"size": "small"}, n=3), painter.estimate_cost("unheard-of"))
print(painter.models.known(), "brush-1" in painter.models, len(painter.models))
own = painter.models.fork()
own.register_pricing("brush-1", lambda context: 1.5)
print(Painter(models=own).estimate_cost("brush-1"), painter.estimate_cost("brush-1"))
