"""Google, played on loopback with a real picture and a real video."""

import played_vendors
import pytest
import real_media


@pytest.fixture(scope="session")
def jpeg():
    """What Gemini sends, whatever was asked for."""
    return real_media.JPEG


@pytest.fixture(scope="session")
def mp4():
    return real_media.mp4()


@pytest.fixture
def google():
    """The simulator, at the address that the environment names."""
    with played_vendors.at("google-veo") as vendor:
        vendor.paid = lambda: [call for call in vendor.calls if call.method == "POST"]
        yield vendor
