"""What tests of sinks need: a provider that paints, and a way to make pipelines."""

from functools import partial

import pytest
from sample_pipelines import Painter, pipeline_in


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def painter(folder):
    return Painter(folder)


@pytest.fixture
def new(folder):
    """Makes a pipeline: `new("name", chain=True)`."""
    return partial(pipeline_in, folder)
