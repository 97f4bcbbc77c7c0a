"""Google, played on loopback with a real picture."""

import base64
import io

import pytest
from PIL import Image

from genblaze.testing import Answer, VendorSimulator

KEY = "AIzaCanary6f1d0c7e52ab4c1d9e"


@pytest.fixture(scope="session")
def jpeg():
    """What Gemini sends, whatever was asked for."""
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).convert("RGB").save(picture, "JPEG")
    return picture.getvalue()


@pytest.fixture
def google(jpeg, monkeypatch):
    """The simulator, at the address that the environment names."""
    text = base64.b64encode(jpeg).decode()
    parts = [
        {"thought": True, "inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"text": "Here it is."},
        {"inlineData": {"mimeType": "image/png", "data": text}},
    ]
    drawn = {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": {"totalTokenCount": 1130},
        "modelVersion": "gemini-3.1-flash-image",
        "responseId": "r1",
    }
    with VendorSimulator() as vendor:
        monkeypatch.setenv("GOOGLE_API_KEY", KEY)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", vendor.url)
        vendor.paid = lambda: [call for call in vendor.calls if call.method == "POST"]
        vendor.on("POST", "/v1beta/models/[^/]+:generateContent", Answer(body=drawn))
        made = [{"mimeType": "image/png", "bytesBase64Encoded": text}, {"raiFilteredReason": "a face"}]
        vendor.on("POST", "/v1beta/models/[^/]+:predict", Answer(body={"predictions": made}))
        yield vendor
