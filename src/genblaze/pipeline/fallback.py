"""Fallback: who may do a step, which failures hand it to the next one, and what the record says about it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from genblaze.credentials import sanitize_error
from genblaze.errors import InvalidValueError
from genblaze.models.enums import ProviderErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genblaze.errors import ProviderError
    from genblaze.models.step import Step
    from genblaze.pipeline.declaration import StepSpec
    from genblaze.pipeline.plan import Candidate
    from genblaze.plugins import PluginManager

logger = logging.getLogger("genblaze.pipeline")


def choices(spec: StepSpec, plugins: PluginManager) -> list[tuple[Any, str]]:
    """Provider and model of the step as declared, then of each entry of `fallback_models`."""
    return [(spec.provider, spec.model), *(_choice(entry, spec, plugins) for entry in spec.fallback_models)]


def _choice(entry: Any, spec: StepSpec, plugins: PluginManager) -> tuple[Any, str]:
    """What an entry names: a pair, `provider:model` where the provider is known, or else a model of the step's own."""
    if not isinstance(entry, str):
        provider, model = entry
        return provider, model
    name, colon, model = entry.partition(":")
    if colon and name == provider_name(spec.provider):
        return spec.provider, model
    if colon and plugins.has_provider(name):
        return name, model
    return spec.provider, entry


def provider_name(provider: Any) -> str:
    """The name a provider is recorded under, of an object or as it stands."""
    return provider if isinstance(provider, str) else str(getattr(provider, "name", type(provider).__name__))


def fallback_codes(codes: Iterable[ProviderErrorCode | str]) -> frozenset[ProviderErrorCode]:
    """The failures that fall back, from a setting.

    Raises:
        InvalidValueError: One is no code, or is `unknown`, after which the first model may still deliver.
    """
    chosen = set()
    for code in codes:
        try:
            chosen.add(ProviderErrorCode(code))
        except ValueError:
            msg = f"fallback_on: {code!r} is none of {', '.join(repr(str(each)) for each in ProviderErrorCode)}"
            raise InvalidValueError(msg) from None
    if ProviderErrorCode.UNKNOWN in chosen:
        msg = "fallback_on: 'unknown' never falls back, because the first model may still deliver and be billed"
        raise InvalidValueError(msg)
    return frozenset(chosen)


def may_fall_back(error: ProviderError, codes: frozenset[ProviderErrorCode], *, accepted: bool) -> bool:
    """Whether another model may help, without buying twice: a job that was accepted may still be delivered."""
    if error.error_code not in codes:
        return False
    return not accepted or error.error_code is ProviderErrorCode.MODEL_ERROR


def fall_back(step: Step, candidate: Candidate, failure: ProviderError) -> None:
    """Turn the record to the next candidate; what failed before is kept outside the hash."""
    if step.fallback_from is None:
        step.note(requested_model=step.model, fallback_from=step.model)
    step.note(attempts=[*step.attempts, _given_up(step, failure)])
    logger.warning(
        "Step %s: %s/%s failed (%s); trying %s/%s",
        step.step_id,
        step.provider,
        step.model,
        failure.error_code,
        candidate.name,
        candidate.model,
    )
    turn_to(step, candidate)


def turn_to(step: Step, candidate: Candidate) -> None:
    """Record that `candidate` does the step."""
    step.provider, step.model, step.params = candidate.name, candidate.model, dict(candidate.params)


def _given_up(step: Step, failure: ProviderError) -> dict[str, Any]:
    """The record of a model that was given up for the next one."""
    return {
        "provider": step.provider,
        "model": step.model,
        "attempt": failure.attempts,
        "error_code": None if failure.error_code is None else str(failure.error_code),
        "error": sanitize_error(str(failure)),
    }
