"""Luma, played on loopback with a real picture and a real film."""

import played_vendors
import pytest
import real_media


@pytest.fixture(scope="session")
def png():
    return real_media.PNG


@pytest.fixture(scope="session")
def mp4():
    return real_media.mp4()


@pytest.fixture(scope="session")
def told():
    """Makes what Luma tells about a generation."""
    return played_vendors.generation


@pytest.fixture
def luma():
    """The simulator, at the address that the environment names."""
    with played_vendors.at("luma") as vendor:
        yield vendor
