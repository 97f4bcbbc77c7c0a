"""One exhibition for all tests: it takes seconds to make, and nobody changes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from exhibitions import make_exhibition


@pytest.fixture(scope="session")
def exhibition(tmp_path_factory) -> Path:
    return make_exhibition(tmp_path_factory.mktemp("exhibition") / "output")
