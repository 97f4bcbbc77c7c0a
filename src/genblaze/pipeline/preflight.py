"""Preflight: before the first step, providers say whether they have the models, and sinks whether they can store."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from genblaze.errors import GenblazeError, ProviderError, SinkError
from genblaze.models.enums import ProviderErrorCode
from genblaze.providers.provider import BaseProvider
from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from genblaze.pipeline.plan import Candidate, Plan, PlannedStep
    from genblaze.providers.discovery import ValidationResult

logger = logging.getLogger("genblaze.pipeline")

#: Seconds that all answers together may take; who has not answered by then is believed to have the model.
PATIENCE_SEC = 10.0

_Asked = dict[tuple[int, str], "ValidationResult | None"]


async def check_models(plan: Plan) -> None:
    """Refuse a run with a step whose model its provider certainly does not have, unless a fallback may do it.

    Only provider objects are asked, each once about each model and all at once. Whoever fails to answer is believed.

    Raises:
        ProviderError: `MODEL_ERROR`, with similar names; nothing has been paid.
    """
    if not plan.preflight:
        return
    candidates = {_key(each): each for step in plan.steps for each in step.candidates}
    found = await _ask({key: each for key, each in candidates.items() if _can_tell(each)})
    for step in plan.steps if found else ():
        _judge(step, found, falls_back=ProviderErrorCode.MODEL_ERROR in plan.fallback_on)


async def check_sinks(plan: Plan, sinks: tuple[Any, ...]) -> None:
    """Refuse a run whose outputs a sink certainly could not take. Who fails to answer in time is believed.

    Raises:
        SinkError: So it is; nothing has been paid.
    """
    if not plan.preflight or not sinks:
        return
    from genblaze.sinks.contract import BaseSink

    for sink in sinks:
        if not isinstance(sink, BaseSink) or type(sink).preflight is BaseSink.preflight:
            continue
        try:
            async with asyncio.timeout(PATIENCE_SEC):
                await daemon_threads.run(sink.preflight)
        except TimeoutError:
            logger.warning("Whether %r can store this run is not known after %g s", sink, PATIENCE_SEC)
        except GenblazeError as error:
            msg = f"{sink!r} cannot store this run, so it was not begun: {error} preflight=False skips this check"
            raise SinkError(msg, sink=repr(sink)) from error


def _can_tell(candidate: Candidate) -> bool:
    provider = candidate.provider
    if isinstance(provider, BaseProvider) and type(provider).validate_model is BaseProvider.validate_model:
        return provider.may_deny(candidate.model)
    return callable(getattr(provider, "validate_model", None))


def _key(candidate: Candidate) -> tuple[int, str]:
    return id(candidate.provider), candidate.model


async def _ask(candidates: dict[tuple[int, str], Candidate]) -> _Asked:
    tasks = {key: asyncio.create_task(_answer(each.provider, each.model)) for key, each in candidates.items()}
    if not tasks:
        return {}
    try:
        await asyncio.wait(tasks.values(), timeout=PATIENCE_SEC)
        return {key: task.result() for key, task in tasks.items() if task.done()}
    finally:
        for task in tasks.values():
            task.cancel()


async def _answer(provider: Any, model: str) -> ValidationResult | None:
    try:
        answer: ValidationResult = await daemon_threads.run(provider.validate_model, model)
    except Exception as error:  # noqa: BLE001 - third-party code, and its opinion is not needed
        logger.debug("Whether there is a model %s could not be asked: %s", model, error)
        return None
    if answer.detail:
        logger.warning("Model %s: %s", model, answer.detail)
    return answer


def _judge(step: PlannedStep, found: _Asked, *, falls_back: bool) -> None:
    """Raise when nobody has the step's model; warn when only a fallback may have it."""
    first, *others = step.candidates
    answer = found.get(_key(first))
    if answer is None or not answer.is_terminal_failure:
        return
    similar = f"; similar: {', '.join(answer.suggested_slugs)}" if answer.suggested_slugs else ""
    msg = f"{step.label}: {first.name} has no model {first.model!r}{similar}"
    if not (falls_back and any(_may_have(each, found) for each in others)):
        msg = f"{msg}. preflight=False skips this check"
        raise ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
    logger.warning("%s; a fallback will have to do it", msg)


def _may_have(candidate: Candidate, found: _Asked) -> bool:
    answer = found.get(_key(candidate))
    return answer is None or not answer.is_terminal_failure
