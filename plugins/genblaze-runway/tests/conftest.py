"""Runway, played on loopback with a real picture and a real film."""

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
def task():
    """Makes what Runway tells about a task."""
    return played_vendors.task


@pytest.fixture
def runway():
    """The simulator, at the address that the environment names."""
    with played_vendors.at("runway") as vendor:
        yield vendor
