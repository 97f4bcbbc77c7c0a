"""Records built by hand: hashes, redaction, templates and what pydantic programs call."""

import json

from genblaze_core import (
    Asset,
    EmbedPolicy,
    Manifest,
    MockProvider,
    Modality,
    Pipeline,
    PipelineTemplate,
    PromptTemplate,
    RunBuilder,
    RunStatus,
    StepBuilder,
    StepStatus,
    parse_manifest,
)
from genblaze_core.canonical import canonical_hash, canonical_json

print(canonical_json({"b": 1.0, "a": [None, True, "ü"], "c": 1e-7}), canonical_hash({"a": 1})[:16])
step = (
    StepBuilder("acme", "m-1")
    .prompt("a fox")
    .params(seed=7, size="1x1")
    .modality(Modality.IMAGE)
    .asset("https://h/a.png", "image/png", sha256="c" * 64)
    .status(StepStatus.SUCCEEDED)
    .build()
)
run = RunBuilder("by hand").add_step(step).status(RunStatus.COMPLETED).build()
manifest = Manifest.from_run(run)
print(manifest.schema_version, manifest.verify(), manifest.canonical_hash == Manifest.from_run(run).canonical_hash)
manifest.run.steps[0].prompt = "a wolf"
print(manifest.verify())
manifest.run.steps[0].prompt = "a fox"
document = json.loads(manifest.to_canonical_json())
print({"run", "canonical_hash", "schema_version"} <= document.keys(), parse_manifest(document).verify())
print(step.model_dump(mode="json", include={"provider", "model", "prompt", "seed", "params"}))
copy = step.model_copy(update={"prompt": "other"})
print(copy.prompt, step.prompt, type(step).model_validate(step.model_dump()) == step)
asset = Asset(url="https://h/x.mp4", media_type="video/mp4", duration=3)
print(asset.duration, asset.width, asset.model_dump(exclude_none=True, exclude={"asset_id"}))
print(EmbedPolicy().embed_mode, PromptTemplate(template="a {animal}").render(animal="fox"))

template = Pipeline("t").step(MockProvider(), model="m", prompt="a {animal}", seed=3).to_template(version="2")
again = PipelineTemplate.from_json(template.to_json())
result = again.instantiate({"mock": MockProvider()}, variables={"animal": "cat"}).run(raise_on_failure=True)
print(again.name, again.version, again.steps[0].provider_name, result.run.steps[0].prompt)
