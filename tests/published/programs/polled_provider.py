"""A vendor whose jobs are polled, with progress, a kept poll result and an estimate."""

from genblaze_core import Asset, BaseProvider, Modality, Pipeline, ProviderCapabilities, SubmitResult


class RenderFarm(BaseProvider):
    name = "render-farm"
    poll_interval = 0.01

    def __init__(self, api_key=None, **keywords):
        super().__init__(**keywords)
        self._polls = {}

    def get_capabilities(self):
        return ProviderCapabilities(supported_modalities=[Modality.VIDEO], models=["farm-1"])

    def normalize_params(self, params, modality=None):
        renamed = dict(params)
        if "seconds" in renamed:
            renamed["duration"] = renamed.pop("seconds")
        return renamed

    def submit(self, step, config=None):
        self.payload = self.prepare_payload(step)
        job = f"job-{self.payload['duration']}"
        self._polls[job] = 0
        return SubmitResult(prediction_id=job, estimated_seconds=0.01)

    def poll(self, prediction_id, config=None):
        self._polls[prediction_id] += 1
        if self._polls[prediction_id] < 3:
            return False
        self._cache_poll_result(prediction_id, {"url": f"https://farm.test/{prediction_id}.mp4"})
        return True

    def fetch_output(self, prediction_id, step):
        told = self._get_cached_poll_result(prediction_id)
        asset = Asset(url=told["url"], media_type="video/mp4", sha256="a" * 64, duration=4)
        step.assets.append(asset)
        step.provider_payload = {"vendor": "farm"}
        return step


farm = RenderFarm("key")
result = (
    Pipeline("film", tenant_id="acme")
    .step(farm, model="farm-1", prompt="a train", modality=Modality.VIDEO, seconds=4)
    .run(raise_on_failure=False, timeout=30)
)
(step,) = result.run.steps
print(step.status, step.provider, step.model, step.modality, step.params)
print(step.assets[0].url, step.assets[0].duration, farm.payload)
print(step.provider_payload["vendor"], step.cost_usd, step.retries)
print(result.run.status, result.run.name, result.run.tenant_id, len(result.manifest.canonical_hash))
print(result.manifest.verify(), result.error_summary(), result.failed_steps())
