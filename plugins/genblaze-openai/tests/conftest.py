"""OpenAI, played on loopback with real pictures, sound and video."""

import played_vendors
import pytest
from real_media import PNG, mp3, mp4

from genblaze.testing import Answer


@pytest.fixture(scope="session")
def media():
    """Real files by suffix."""
    return {"png": PNG, "mp4": mp4(), "mp3": mp3()}


@pytest.fixture(scope="session")
def video_object():
    """Makes what the Videos API tells about a video."""
    return played_vendors.video_object


@pytest.fixture
def openai():
    """The simulator, at the address that the environment names."""
    with played_vendors.at("openai-dalle") as vendor:
        vendor.paid = lambda: [call for call in vendor.calls if call.method == "POST"]
        yield vendor


@pytest.fixture(scope="session")
def completion():
    """An answer of a language model."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a fox"}}
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
    return Answer(
        body={"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-6-luna", "usage": usage}
        | {"choices": [choice]}
    )
