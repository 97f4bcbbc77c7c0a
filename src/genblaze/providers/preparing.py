"""From a step to the vendor's parameters, as the model's specification has it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode

if TYPE_CHECKING:
    from genblaze.models.step import Step
    from genblaze.providers.spec import ModelSpec

logger = logging.getLogger("genblaze.provider.registry")

__all__ = ["check_inputs", "prepare", "step_params"]


def step_params(step: Step) -> dict[str, Any]:
    """The step's prompt, negative prompt and seed beside its parameters, which win."""
    named = {"prompt": step.prompt, "negative_prompt": step.negative_prompt, "seed": step.seed}
    return {key: value for key, value in named.items() if value is not None} | step.params


def check_inputs(step: Step) -> None:
    """Refuse inputs that are neither at an `https:` URL nor in a local file outside of the system's folders.

    Raises:
        ProviderError: `INVALID_INPUT`, naming the URL without its credentials.
    """
    from genblaze.providers.urls import validate_chain_input_url

    for asset in step.inputs:
        validate_chain_input_url(asset.url)


def prepare(
    spec: ModelSpec, step: Step, base_params: Mapping[str, Any] | None = None, *, strict: bool = False
) -> dict[str, Any]:
    """Bring the step's parameters into the vendor's form.

    Stages: aliases, transformer, inputs, coercers, defaults, schemas, required, constraints, allowlist. A
    specification that says nothing lets them pass.

    Args:
        spec: The model.
        step: The step, with its inputs.
        base_params: Parameters to use in place of the step's own.
        strict: Refuse parameters that are not on the allowlist; else they are dropped with a warning.

    Raises:
        ProviderError: `INVALID_INPUT`, naming the parameter.
    """
    params = dict(base_params) if base_params is not None else step_params(step)
    if spec.is_permissive:
        return params
    params = _renamed(params, spec)
    if spec.param_transformer is not None:
        params = dict(spec.param_transformer(params))
    if spec.input_mapping is not None and step.inputs:
        params = {**spec.input_mapping(step.inputs), **params}
    params = {**spec.param_defaults, **_coerced(params, spec)}
    _check(params, spec, step.model)
    return _allowed(params, spec, step.model, strict=strict)


def _renamed(params: dict[str, Any], spec: ModelSpec) -> dict[str, Any]:
    """The parameters by the vendor's names; one given by that name already wins."""
    kept = {key: value for key, value in params.items() if key not in spec.param_aliases}
    renamed = {spec.param_aliases[key]: value for key, value in params.items() if key in spec.param_aliases}
    return renamed | kept


def _coerced(params: dict[str, Any], spec: ModelSpec) -> dict[str, Any]:
    return {
        key: _coerce(key, value, spec.param_coercers[key]) if key in spec.param_coercers else value
        for key, value in params.items()
    }


def _coerce(key: str, value: Any, coercer: Any) -> Any:
    try:
        return coercer(value)
    except ProviderError:
        raise
    except Exception as error:
        msg = f"Failed to coerce {key!r}: {error}"
        raise _refused(msg) from error


def _check(params: dict[str, Any], spec: ModelSpec, model: str) -> None:
    for key, schema in spec.param_schemas.items():
        if key in params:
            schema.validate(key, params[key])
    if missing := sorted(spec.param_required - params.keys()):
        msg = f"Missing required parameters for {model}: {missing}"
        raise _refused(msg)
    for constraint in spec.param_constraints:
        constraint(params)


def _allowed(params: dict[str, Any], spec: ModelSpec, model: str, *, strict: bool) -> dict[str, Any]:
    if spec.param_allowlist is None or not (unknown := sorted(params.keys() - spec.param_allowlist)):
        return params
    if strict:
        msg = f"Unknown parameters for {model}: {unknown}"
        raise _refused(msg)
    logger.warning("Dropping non-allowlisted params for %s: %s", model, unknown)
    return {key: value for key, value in params.items() if key in spec.param_allowlist}


def _refused(text: str) -> ProviderError:
    return ProviderError(text, error_code=ProviderErrorCode.INVALID_INPUT)
