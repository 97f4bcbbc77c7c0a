"""Replicate, played on loopback with a real picture."""

import played_vendors
import pytest
from real_media import PNG


@pytest.fixture(scope="session")
def png():
    return PNG


@pytest.fixture(scope="session")
def prediction():
    """Makes what Replicate tells about a prediction."""
    return played_vendors.prediction


@pytest.fixture
def replicate():
    """The simulator, at the address that the environment names."""
    with played_vendors.at("replicate") as vendor:
        yield vendor
