"""Runs one scenario in the interpreter that it is started with, and prints its figures as JSON.

`python -m benchmarks.worker MODULE ARGUMENT…` calls `benchmarks.scenarios.MODULE.measure(ARGUMENT…)`. What it returns
is printed: seconds or megabytes by name, already divided by the number of steps where the name says so.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from importlib import import_module


def main() -> None:
    """Quietly: what either package says about itself is not what is measured."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    os.environ.update(GENBLAZE_NO_PROGRESS="1", GENBLAZE_SKIP_PREFLIGHT="1")
    name, *arguments = sys.argv[1:]
    scenario = import_module(f"benchmarks.scenarios.{name}")
    print(json.dumps(scenario.measure(*arguments)))


if __name__ == "__main__":
    main()
