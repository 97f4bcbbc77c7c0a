"""For all tests: Hypothesis profiles (`HYPOTHESIS_PROFILE=thorough` searches anew), and surroundings of their own."""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# Shared two-core machines stall for whole seconds: a deadline per example would report the neighbours. The examples
# are the same each time, so that a change fails by what it changes and not by luck.
settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("default"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True, scope="session")
def hearing_ctrl_c() -> None:
    """Where a shell started the tests in its background, they begin deaf to Ctrl-C, which some of them press."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Settings and what processes share lie in folders of the tests; no proxy stands before their servers."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost,::1"
