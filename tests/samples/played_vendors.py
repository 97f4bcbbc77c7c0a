"""The vendors of the guide, played on loopback with real files: what each answers when all goes well.

`PLAYED` has, for each provider whose jobs tests go over, how to reach it and what goes over the wire.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pkgutil import resolve_name
from time import time
from typing import Any, NamedTuple

import pytest
from real_media import JPEG, PNG, mp3, mp4

from genblaze.testing import Answer, Received, VendorSimulator

FLUX = "black-forest-labs/flux-schnell"
VEO = "veo-3.1-generate-preview"
OPERATION = f"models/{VEO}/operations/op1"
DREAM = "/dream-machine/v1/generations"


class Played(NamedTuple):
    """A provider, and its vendor as it is played.

    Attributes:
        maker: Package and class.
        step: Model, modality and what else a step needs.
        play: Says what the vendor answers.
        paid: Method and path of the request that costs money.
        key: What stands for a real key.
        variables: Environment variables of the key and of the address.
        path: What follows the origin in the address.
        job: Where a job is looked at, and what the vendor tells of it; None where the answer is the result.
        listing: Makes the vendor's list of jobs have the one that was asked for.
        cancelled: Method and path of the request that cancels a job.
    """

    maker: str
    step: dict[str, Any]
    play: Callable[[VendorSimulator], None]
    paid: tuple[str, str]
    key: str
    variables: tuple[str, str]
    path: str = ""
    job: tuple[str, dict[str, Any]] | None = None
    listing: Callable[[VendorSimulator], None] | None = None
    cancelled: tuple[str, str] | None = None

    def make(self, url: str, key: str | None = None, **more: Any) -> Any:
        """A provider object that asks the vendor at `url`."""
        polls = {} if self.job is None else {"poll_interval": 0.01}
        return resolve_name(self.maker)(key or self.key, base_url=url + self.path, **polls, **more)

    def environment(self, url: str) -> dict[str, str]:
        """The variables by which a provider finds key and vendor."""
        return dict(zip(self.variables, (self.key, url + self.path), strict=True))


@contextmanager
def at(name: str) -> Iterator[VendorSimulator]:
    """The vendor of a provider, at the address that the environment names."""
    played = PLAYED[name]
    with VendorSimulator() as vendor, pytest.MonkeyPatch.context() as patch:
        for variable, value in played.environment(vendor.url).items():
            patch.setenv(variable, value)
        played.play(vendor)
        yield vendor


def changed(vendor: VendorSimulator, change: Callable[[Received, Answer], Answer]) -> None:
    """Let a function have the last word on what the vendor answers."""
    usual = vendor._reaction

    def reaction(received: Received) -> Answer:
        found = usual(received)
        return change(received, found if isinstance(found, Answer) else found(received))

    vendor._reaction = reaction  # type: ignore[method-assign]


def file(content: bytes, media_type: str) -> Answer:
    return Answer(body=content, headers={"content-type": media_type})


def png(_: Any = None) -> Answer:
    return file(PNG, "image/png")


def film(_: Any = None) -> Answer:
    return file(mp4(), "video/mp4")


# --- OpenAI ----------------------------------------------------------------------------------------------------------


def video_object(call: Received | None = None, **more: Any) -> dict[str, Any]:
    """What the Videos API tells about a video; of a call, with the fields of its form."""
    asked = {} if call is None else {part[0]: part[3].decode() for part in call.body if not part[1]}
    told = {"id": "video_1", "object": "video", "status": "queued", "progress": 0, "created_at": int(time())}
    return {**told, "error": None, "seconds": "4", "size": "720x1280", **asked, **more}


def play_openai(vendor: VendorSimulator) -> None:
    made = {"created": 1794000000, "data": [{"b64_json": base64.b64encode(PNG).decode()}]}
    working = Answer(body=video_object(status="in_progress", progress=50), headers={"openai-poll-after-ms": "1"})
    vendor.on("POST", "/v1/images/(generations|edits)", Answer(body=made, headers={"x-request-id": "req_1"}))
    vendor.on("POST", "/v1/audio/speech", lambda _: file(mp3(), "audio/mpeg"))
    vendor.on("POST", "/v1/audio/transcriptions", Answer(body={"text": "a red fox", "usage": {"type": "tokens"}}))
    vendor.on("POST", "/v1/videos", lambda call: Answer(body=video_object(call)))
    vendor.on("GET", "/v1/videos", Answer(body={"object": "list", "data": [], "has_more": False}))
    vendor.on("GET", "/v1/videos/video_1", working, Answer(body=video_object(status="completed", progress=100)))
    vendor.on("GET", "/v1/videos/video_1/content", film)


def openai_lists(vendor: VendorSimulator) -> None:
    def listed(_: Received) -> Answer:
        (call,) = vendor.sent("POST", "/v1/videos")
        return Answer(body={"data": [video_object(call)], "has_more": False})

    vendor.on("GET", "/v1/videos", listed)


# --- Google ----------------------------------------------------------------------------------------------------------


def play_google(vendor: VendorSimulator) -> None:
    text = base64.b64encode(JPEG).decode()
    parts = [
        {"thought": True, "inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"text": "Here it is."},
        {"inlineData": {"mimeType": "image/png", "data": text}},  # JPEG, whatever it says
    ]
    drawn = {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": {"totalTokenCount": 1130},
        "modelVersion": "gemini-3.1-flash-image",
        "responseId": "r1",
    }
    vendor.on("POST", "/v1beta/models/[^/]+:generateContent", Answer(body=drawn))
    samples = {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": base64.b64encode(bytes(4800)).decode()}
    spoken = {"candidates": [{"content": {"parts": [{"inlineData": samples}]}, "finishReason": "STOP"}]}
    vendor.on("POST", "/v1beta/models/[^/]+-tts:generateContent", Answer(body=spoken))
    made = [{"mimeType": "image/png", "bytesBase64Encoded": text}, {"raiFilteredReason": "a face"}]
    vendor.on("POST", "/v1beta/models/[^/]+:predict", Answer(body={"predictions": made}))
    uri = f"{vendor.url}/v1beta/files/f1:download?alt=media"
    done = {"generateVideoResponse": {"generatedSamples": [{"video": {"uri": uri}}]}}
    operation = Answer(body={"name": OPERATION, "done": True, "response": done})
    vendor.on("POST", "/v1beta/models/[^/]+:predictLongRunning", Answer(body={"name": OPERATION}))
    vendor.on("GET", f"/v1beta/{OPERATION}", Answer(body={"name": OPERATION}), operation)
    vendor.on("GET", "/v1beta/files/f1:download", film)
    told = {**INTERACTION, "status": "in_progress"}
    video = {"type": "video", "mime_type": "video/mp4", "uri": uri}
    ended = {**told, "status": "completed", "steps": [{"type": "model_output", "content": [video]}]}
    vendor.on("POST", "/v1beta/interactions", Answer(body=told))
    vendor.on("GET", "/v1beta/interactions/v1_i1", Answer(body=told), Answer(body=ended))
    vendor.on("POST", "/v1beta/interactions/v1_i1/cancel", Answer(body={**told, "status": "cancelled"}))


INTERACTION = {
    "id": "v1_i1",
    "object": "interaction",
    "model": "gemini-omni-1.2-flash",
    "created": "2026-11-25T12:00:00Z",
    "updated": "2026-11-25T12:00:00Z",
    "steps": [],
}


# --- Replicate -------------------------------------------------------------------------------------------------------


def prediction(**more: Any) -> dict[str, Any]:
    """What Replicate tells about a prediction."""
    told = {"id": "p1", "model": FLUX, "version": "hidden", "input": {"prompt": "a fox"}, "output": None}
    return {**told, "error": None, "status": "starting", "data_removed": False, "metrics": {}, **more}


def play_replicate(vendor: VendorSimulator) -> None:
    done = prediction(status="succeeded", output=[f"{vendor.url}/out/0.png"], metrics={"predict_time": 0.9})
    vendor.on("POST", "/v1/(.*/)?predictions", Answer(status=201, body=prediction()))
    vendor.on("GET", "/v1/predictions", Answer(body={"results": [], "next": None}))
    vendor.on("GET", "/v1/predictions/p1", Answer(body=prediction(status="processing")), Answer(body=done))
    vendor.on("POST", "/v1/predictions/p1/cancel", Answer(body=prediction(status="canceled")))
    vendor.on("GET", "/out/.*", png)


def replicate_lists(vendor: VendorSimulator) -> None:
    vendor.on("GET", "/v1/predictions", Answer(body={"results": [prediction()], "next": None}))


# --- Runway ----------------------------------------------------------------------------------------------------------


def task(status: str, **more: Any) -> Answer:
    """What Runway tells about a task."""
    return Answer(body={"id": "t1", "status": status, "createdAt": "2026-11-25T00:00:00Z", **more})


def play_runway(vendor: VendorSimulator) -> None:
    """Makes a picture or a film as it is asked."""

    def ended(_: Received) -> Answer:
        kind = "png" if "image" in vendor.sent("POST", "/v1/.*")[-1].path.rpartition("_")[2] else "mp4"
        return task("SUCCEEDED", output=[f"{vendor.url}/out/0.{kind}?_jwt=signed"], cost={"credits": 25})

    vendor.on("POST", "/v1/[a-z_]+", Answer(body={"id": "t1", "estimatedCost": {"credits": 25}}))
    vendor.on("GET", "/v1/tasks/t1", task("THROTTLED"), task("RUNNING", progress=0.4), ended)
    vendor.on("DELETE", "/v1/tasks/t1", Answer(status=204))
    vendor.on("GET", "/out/0.png", png)
    vendor.on("GET", "/out/0.mp4", film)


# --- Luma ------------------------------------------------------------------------------------------------------------


def generation(state: str, **more: Any) -> Answer:
    """What Luma tells about a generation."""
    return Answer(body={"id": "g1", "state": state, "failure_reason": None, "assets": None, **more})


def play_luma(vendor: VendorSimulator) -> None:
    """Makes a picture or a film as it is asked."""

    def ended(_: Received) -> Answer:
        if vendor.sent("POST", ".*/image"):
            return generation("completed", assets={"image": f"{vendor.url}/out/0.png", "video": None})
        return generation("completed", assets={"video": f"{vendor.url}/out/0.mp4", "image": None})

    vendor.on("POST", f"{DREAM}/(video|image)", Answer(status=201, body={"id": "g1"}))
    vendor.on("GET", DREAM, Answer(body={"has_more": False, "generations": []}))
    vendor.on("GET", f"{DREAM}/g1", generation("queued"), generation("dreaming"), ended)
    vendor.on("DELETE", f"{DREAM}/g1", Answer(status=204))
    vendor.on("GET", "/out/0.png", png)
    vendor.on("GET", "/out/0.mp4", film)


def luma_lists(vendor: VendorSimulator) -> None:
    def listed(_: Received) -> Answer:
        (call,) = vendor.sent("POST", f"{DREAM}/(video|image)")
        made = {"id": "g1", "model": call.body["model"], "created_at": datetime.now(UTC).isoformat()}
        return Answer(body={"has_more": False, "generations": [{**made, "request": call.body}]})

    vendor.on("GET", DREAM, listed)


# --- contrib ---------------------------------------------------------------------------------------------------------

FAL_JOB = "/fal-ai/flux/requests/r1"


def play_fal(vendor: VendorSimulator) -> None:
    image = {"url": f"{vendor.url}/out/0.png", "content_type": "image/png"}
    queued = {"request_id": "r1", "status": "IN_QUEUE", "response_url": vendor.url + FAL_JOB}
    vendor.on("POST", "/fal-ai/flux/dev", Answer(body=queued))
    vendor.on(
        "GET",
        f"{FAL_JOB}/status",
        Answer(status=202, body={"status": "IN_QUEUE", "queue_position": 1}),
        Answer(status=202, body={"status": "IN_PROGRESS"}),
        Answer(body={"status": "COMPLETED"}),
    )
    vendor.on("GET", FAL_JOB, Answer(body={"images": [image], "seed": 7}))
    vendor.on("PUT", f"{FAL_JOB}/cancel", Answer(status=202, body={"status": "CANCELLATION_REQUESTED"}))
    vendor.on("GET", "/out/0.png", Answer(body=PNG, headers={"content-type": "image/png"}))


def play_elevenlabs(vendor: VendorSimulator) -> None:
    vendor.on("POST", "/v1/text-to-speech/[^/]+", Answer(body=mp3(), headers={"content-type": "audio/mpeg"}))


# --- all -------------------------------------------------------------------------------------------------------------

_OPENAI = {
    "play": play_openai,
    "key": "sk-canary-6f1d0c7e52ab4c1d9e",
    "variables": ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "path": "/v1",
}
_GOOGLE = {
    "play": play_google,
    "key": "AIzaCanary6f1d0c7e52ab4c1d9e",
    "variables": ("GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
}

PLAYED = {
    "openai-dalle": Played(
        "genblaze_openai:DalleProvider",
        {"model": "gpt-image-2.6-flare", "modality": "image"},
        paid=("POST", "/v1/images/generations"),
        **_OPENAI,
    ),
    "openai-tts": Played(
        "genblaze_openai:OpenAITTSProvider",
        {"model": "tts-1", "modality": "audio"},
        paid=("POST", "/v1/audio/speech"),
        **_OPENAI,
    ),
    "openai-sora": Played(
        "genblaze_openai:SoraProvider",
        {"model": "sora-2", "modality": "video"},
        paid=("POST", "/v1/videos"),
        job=("/v1/videos/video_1", video_object()),
        listing=openai_lists,
        **_OPENAI,
    ),
    "google-gemini-image": Played(
        "genblaze_google:GeminiImageProvider",
        {"model": "gemini-3.1-flash-image", "modality": "image"},
        paid=("POST", "/v1beta/models/[^/]+:generateContent"),
        **_GOOGLE,
    ),
    "google-tts": Played(
        "genblaze_google:GeminiTTSProvider",
        {"model": "gemini-3.8-flash-tts", "modality": "audio"},
        paid=("POST", "/v1beta/models/[^/]+-tts:generateContent"),
        **_GOOGLE,
    ),
    "google-veo": Played(
        "genblaze_google:VeoProvider",
        {"model": VEO, "modality": "video"},
        paid=("POST", f"/v1beta/models/{VEO}:predictLongRunning"),
        job=(f"/v1beta/{OPERATION}", {"name": OPERATION}),
        **_GOOGLE,
    ),
    "google-omni": Played(
        "genblaze_google:GeminiOmniProvider",
        {"model": "gemini-omni-1.2-flash", "modality": "video"},
        paid=("POST", "/v1beta/interactions"),
        job=("/v1beta/interactions/v1_i1", INTERACTION),
        cancelled=("POST", "/v1beta/interactions/v1_i1/cancel"),
        **_GOOGLE,
    ),
    "replicate": Played(
        "genblaze_replicate:ReplicateProvider",
        {"model": FLUX, "modality": "image"},
        play=play_replicate,
        paid=("POST", f"/v1/models/{FLUX}/predictions"),
        key="r8_canary6f1d0c7e52ab4c1d9e",
        variables=("REPLICATE_API_TOKEN", "REPLICATE_BASE_URL"),
        job=("/v1/predictions/p1", prediction()),
        listing=replicate_lists,
        cancelled=("POST", "/v1/predictions/p1/cancel"),
    ),
    "runway": Played(
        "genblaze_runway:RunwayProvider",
        {"model": "gen4.5", "modality": "video"},
        play=play_runway,
        paid=("POST", "/v1/text_to_video"),
        key="key_canary6f1d0c7e52ab4c1d9e",
        variables=("RUNWAYML_API_SECRET", "RUNWAYML_BASE_URL"),
        job=("/v1/tasks/t1", {"id": "t1", "createdAt": "2026-11-25T00:00:00Z"}),
        cancelled=("DELETE", "/v1/tasks/t1"),
    ),
    "luma": Played(
        "genblaze_luma:LumaProvider",
        {"model": "ray-2", "modality": "video"},
        play=play_luma,
        paid=("POST", f"{DREAM}/video"),
        key="luma-canary6f1d0c7e52ab4c1d9e",
        variables=("LUMAAI_API_KEY", "LUMAAI_BASE_URL"),
        path="/dream-machine/v1",
        job=(f"{DREAM}/g1", {"id": "g1", "failure_reason": None, "assets": None}),
        listing=luma_lists,
        cancelled=("DELETE", f"{DREAM}/g1"),
    ),
    "fal": Played(
        "genblaze_fal:FalProvider",
        {"model": "fal-ai/flux/dev", "modality": "image"},
        play=play_fal,
        paid=("POST", "/fal-ai/flux/dev"),
        key="canary:6f1d0c7e52ab4c1d9e",
        variables=("FAL_KEY", "FAL_BASE_URL"),
        job=(f"{FAL_JOB}/status", {"status": "IN_PROGRESS"}),
        cancelled=("PUT", f"{FAL_JOB}/cancel"),
    ),
    "elevenlabs-tts": Played(
        "genblaze_elevenlabs:ElevenLabsTTSProvider",
        {"model": "eleven_v3", "modality": "audio"},
        play=play_elevenlabs,
        paid=("POST", "/v1/text-to-speech/[^/]+"),
        key="sk_canary6f1d0c7e52ab4c1d9e",
        variables=("ELEVENLABS_API_KEY", "ELEVENLABS_BASE_URL"),
    ),
}
