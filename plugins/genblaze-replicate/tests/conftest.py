"""Replicate, played on loopback with a real picture."""

import io

import pytest
from PIL import Image

from genblaze.testing import Answer, VendorSimulator

KEY = "r8_canary6f1d0c7e52ab4c1d9e"
MODEL = "black-forest-labs/flux-schnell"


@pytest.fixture(scope="session")
def png():
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).convert("RGB").save(picture, "PNG")
    return picture.getvalue()


@pytest.fixture(scope="session")
def prediction():
    """Makes what Replicate tells about a prediction."""

    def made(**more):
        told = {"id": "p1", "model": MODEL, "version": "hidden", "input": {"prompt": "a fox"}, "output": None}
        return {**told, "error": None, "status": "starting", "data_removed": False, "metrics": {}, **more}

    return made


@pytest.fixture
def replicate(png, prediction, monkeypatch):
    """The simulator, at the address that the environment names."""
    with VendorSimulator() as vendor:
        monkeypatch.setenv("REPLICATE_API_TOKEN", KEY)
        monkeypatch.setenv("REPLICATE_BASE_URL", vendor.url)
        done = prediction(status="succeeded", output=[f"{vendor.url}/out/0.png"], metrics={"predict_time": 0.9})
        vendor.on("POST", "/v1/(.*/)?predictions", Answer(status=201, body=prediction()))
        vendor.on("GET", "/v1/predictions", Answer(body={"results": [], "next": None}))
        vendor.on("GET", "/v1/predictions/p1", Answer(body=prediction(status="processing")), Answer(body=done))
        vendor.on("POST", "/v1/predictions/p1/cancel", Answer(body=prediction(status="canceled")))
        vendor.on("GET", "/out/.*", Answer(body=png, headers={"content-type": "image/png"}))
        yield vendor
