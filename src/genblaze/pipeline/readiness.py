"""Whether a provider can be asked at all: its key is there, and its vendor still runs the model."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from genblaze.catalogue import find_model
from genblaze.errors import GenblazeError

if TYPE_CHECKING:
    from genblaze.capabilities import Capability
    from genblaze.plugins import PluginManager

logger = logging.getLogger("genblaze.pipeline")


def check_ready(
    name: str, target: Any, model: str, params: Mapping[str, Any], plugins: PluginManager, where: str
) -> None:
    """Check a provider when planning, before anything is paid.

    Args:
        name: Registered or recorded name of the provider.
        target: The user's provider object, or None for a registered one.
        model: The vendor's model; one that is known to be gone is warned about, never refused.
        params: The step's parameters as the user wrote them.
        plugins: What is installed.
        where: How messages call the step.

    Raises:
        GenblazeError: It lacks its key or a program, or does not take the parameters; the text says what to do.
    """
    declared = plugins.capability("generate", name)
    if target is None:
        _check_environment(declared, where)
        check = None if declared is None or declared.check is None else partial(declared.check, params)
    else:
        check = getattr(target, "check_ready", None)
    if check is not None:
        _call(check, where)
    known = find_model(() if declared is None else declared.models, model)
    if known is not None and (warning := known.warning(datetime.now(UTC).date())):
        logger.warning("%s: %s", where, warning)


def _call(check: Callable[[], None], where: str) -> None:
    try:
        check()
    except GenblazeError as error:
        msg = f"{where}: {error}"
        raise GenblazeError(msg) from error


def _check_environment(declared: Capability | None, where: str) -> None:
    if declared is None or not declared.environment or any(os.environ.get(name) for name in declared.environment):
        return
    names = " or ".join(declared.environment)
    msg = f"{where}: {declared.key} has no API key. Set {names}, or pass a provider object made with its key"
    raise GenblazeError(msg)
