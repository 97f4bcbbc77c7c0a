"""Puts what a provider states on the step's record; what a manifest cannot hold is left out, never the result."""

from __future__ import annotations

import logging
from math import isfinite
from types import NoneType
from typing import TYPE_CHECKING, Any

from genblaze.canonical import MAX_DEPTH, check_canonical
from genblaze.credentials import without_credentials
from genblaze.errors import GenblazeError, InvalidValueError
from genblaze.models.step import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from genblaze.jobs import Generation
    from genblaze.models.asset import Asset

logger = logging.getLogger("genblaze.pipeline")

_LEFT_OUT = object()


def record_generation(step: Step, generation: Generation) -> None:
    """Put cost, payload and changed fields on the record. The generation is paid by now, so nothing here raises."""
    for name, value in generation.changes.items():
        _change(step, name, value)
    step.cost_usd = dollars(generation.cost_usd)
    payload = recordable(generation.payload, "provider_payload")
    step.provider_payload = {**(payload if isinstance(payload, dict) else {}), **step.provider_payload}


def record_assets(step: Step, assets: list[Asset]) -> None:
    """Put the outputs on the record."""
    for asset in assets:
        metadata = recordable(asset.metadata, "metadata of an output")
        asset.metadata = metadata if isinstance(metadata, dict) else {}
    step.assets = assets


def recordable(value: Any, where: str) -> Any:
    """`value` without what a manifest cannot hold, which is logged by place and type, never by value; or must not."""
    if not value and type(value) in (dict, NoneType):
        return value
    try:
        check_canonical(value, where)
    except InvalidValueError as error:
        logger.warning("What the provider stated cannot be recorded as it is: %s", str(error).partition(";")[0])
        value = _without_strangers(value, MAX_DEPTH // 2)
    return without_credentials(value)


def _without_strangers(value: Any, depth: int) -> Any:
    try:
        check_canonical(value, "value")
    except InvalidValueError:
        if depth > 0 and isinstance(value, dict):
            kept = {key: _without_strangers(item, depth - 1) for key, item in value.items() if isinstance(key, str)}
            return {key: item for key, item in kept.items() if item is not _LEFT_OUT}
        if depth > 0 and isinstance(value, list | tuple):
            return [item for each in value if (item := _without_strangers(each, depth - 1)) is not _LEFT_OUT]
        return _LEFT_OUT
    return value


def _change(step: Step, name: str, value: Any) -> None:
    kept = recordable(value, name)
    if kept is _LEFT_OUT:
        return
    try:
        checked = Step(**{"provider": step.provider, "model": step.model, name: kept})
        setattr(step, name, getattr(checked, name))
    except (GenblazeError, AttributeError, TypeError) as error:
        logger.warning("What the provider stated for %s is not recorded: %s", name, error)


def stated_price(estimate: Callable[..., Any] | None, *asked: Any) -> float | None:
    """What a provider says that a request will cost; None, unknown, where it says nothing or what is no amount."""
    return None if estimate is None else dollars(estimate(*asked))


def dollars(cost: Any) -> float | None:
    """A cost as the number that it is recorded as; None, unknown, for what is no amount."""
    try:
        dollars = None if cost is None else float(cost)
    except (TypeError, ValueError, OverflowError):
        dollars = float("nan")
    if dollars is None or (isfinite(dollars) and dollars >= 0):
        return dollars
    logger.warning("A cost of type %s is no amount and counts as unknown", type(cost).__name__)
    return None
