"""Parts of records, taken out as pydantic takes them, and records as fields of a program's own models."""

import json

from pydantic import BaseModel, TypeAdapter, ValidationError

from genblaze_core import Asset, Manifest, Run, Step, parse_manifest
from genblaze_core.observability import StreamEventAdapter

asset = Asset(asset_id="1", url="https://h/a.png", media_type="image/png", width=5)
run = Run(name="x", steps=[Step(provider="p", model="m", prompt=prompt, assets=[asset]) for prompt in ("q", "r")])
print(run.model_dump(include={"name": True, "steps": {0: {"provider", "model"}}}))
print(run.model_dump(include={"steps": {"__all__": {"prompt": True, "assets": {0: {"url"}}}}}))
rest = run.model_dump(mode="json", exclude={"run_id": True, "steps": {0: True, 1: {"params", "assets"}}})
print("run_id" in rest, len(rest["steps"]), sorted(rest["steps"][0]))
print(asset.model_dump(exclude_defaults=True), asset.model_dump_json(exclude_defaults=True, by_alias=True))
print(asset.model_dump(round_trip=True, warnings=False, exclude_none=True))
print(list(Asset.model_fields) == list(asset.model_dump()))
schema = Asset.model_json_schema()
print(schema["title"], schema["type"], schema["required"], sorted(schema["properties"]) == sorted(Asset.model_fields))
print(sorted(Manifest.model_json_schema()["$defs"]))


class Job(BaseModel):
    picture: Asset
    manifest: Manifest | None = None
    steps: list[Step] = []


job = Job(picture=asset, manifest=Manifest.from_run(run))
print(job.picture == asset, job.manifest.verify_hash())
again = Job.model_validate_json(job.model_dump_json())
print(again.picture == asset, again.manifest.canonical_hash == job.manifest.canonical_hash)
print(job.model_dump(mode="json", include={"picture": {"url", "width"}}))
try:
    Job.model_validate({"picture": {"url": "https://h/a"}})
except ValidationError as error:
    print(error.errors()[0]["loc"][0])
print(set(Job.model_json_schema()["$defs"]) >= {"Asset", "Manifest", "Step"})
print(TypeAdapter(list[Asset]).validate_python([{"url": "https://h/b", "media_type": "image/png"}])[0].url)
manifest = Manifest.from_run(run)
print(parse_manifest(json.loads(manifest.to_canonical_json())) == manifest != Manifest.from_run(Run(name="y")))
event = StreamEventAdapter.validate_python({"type": "pipeline.started", "run_id": "r", "total_steps": 2})
print(StreamEventAdapter.dump_python(event, mode="json", exclude_none=True, exclude={"timestamp"}))
print(json.loads(StreamEventAdapter.dump_json(event, exclude={"timestamp", "message"})))
