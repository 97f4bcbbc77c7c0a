"""Hypothesis profiles for every test of the tree: `HYPOTHESIS_PROFILE=thorough` searches longer."""

import os

from hypothesis import HealthCheck, settings

# Shared two-core machines stall for whole seconds: a deadline per example would report the neighbours.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
