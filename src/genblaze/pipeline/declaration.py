"""What a pipeline declares: one `StepSpec` per step, checked as soon as it is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from genblaze.canonical import check_canonical
from genblaze.errors import GenblazeError, InvalidValueError
from genblaze.models.asset import Asset
from genblaze.models.enums import Modality, PromptVisibility, StepType
from genblaze.pipeline.prompt_template import PromptTemplate

if TYPE_CHECKING:
    from genblaze.retry import RetryPolicy

E = TypeVar("E", bound=StrEnum)

#: Metadata keys that the published engine used for itself.
RESERVED_METADATA = ("_fallback_models", "_input_from")


class StepSpec(msgspec.Struct, kw_only=True):
    """One declared step, as the user wrote it.

    Attributes:
        provider: A provider object, or the name of a registered one; None for a step that only takes assets in.
        params: The vendor's parameters, with `seed` and `negative_prompt` among them.
        input_from: Earlier steps, by index or name, whose assets this step gets.
        external_inputs: Assets from elsewhere that it gets, or takes in.
        timeout: Seconds this step may take, all attempts together.
    """

    provider: Any
    model: str
    prompt: str | PromptTemplate | None = None
    modality: Modality = Modality.IMAGE
    step_type: StepType = StepType.GENERATE
    params: dict[str, Any] = {}
    fallback_models: list[Any] = []
    input_from: list[int | str] | None = None
    external_inputs: list[Asset] | None = None
    expected_duration_sec: float | None = None
    metadata: dict[str, Any] = {}
    prompt_visibility: PromptVisibility = PromptVisibility.PUBLIC
    name: str | None = None
    timeout: float | None = None
    retry: RetryPolicy | None = None


def declare(
    provider: Any,
    *,
    model: str,
    prompt: str | PromptTemplate | None,
    modality: Modality | str,
    step_type: StepType | str,
    params: Mapping[str, Any],
    fallback_models: Sequence[Any] | None,
    input_from: Sequence[int | str] | int | str | None,
    external_inputs: Sequence[Asset] | None,
    metadata: Mapping[str, Any] | None,
    prompt_visibility: PromptVisibility | str,
    **rest: Any,
) -> StepSpec:
    """A checked `StepSpec` that shares nothing with the arguments.

    Raises:
        TypeError: When `provider` is not a provider.
        GenblazeError: For what cannot run or cannot be recorded; nothing has been paid by then.
    """
    _check_provider(provider)
    _check_names(params, metadata or {})
    if external_inputs and input_from is not None:
        msg = "step(): external_inputs and input_from exclude each other; pass the assets or name the steps, not both"
        raise GenblazeError(msg)
    if isinstance(input_from, int | str):
        input_from = [input_from]
    check_prompt(prompt)
    fallbacks = [_fallback(entry) for entry in fallback_models or ()]
    _check_limits(rest["timeout"], rest["retry"], rest["expected_duration_sec"])
    if not isinstance(model, str) or not model:
        msg = f"step(): model must be the vendor's name of a model, not {model!r}"
        raise InvalidValueError(msg)
    for where, value in (("model", model), ("prompt", str(prompt or "")), ("params", params), ("metadata", metadata)):
        check_canonical(value, where)
    return StepSpec(
        provider=provider,
        model=model,
        prompt=prompt,
        modality=member(Modality, modality, "modality"),
        step_type=member(StepType, step_type, "step_type"),
        params=deepcopy(dict(params)),
        fallback_models=fallbacks,
        input_from=None if input_from is None else list(input_from),
        external_inputs=[asset.model_copy(deep=True) for asset in external_inputs] if external_inputs else None,
        metadata=deepcopy(dict(metadata or {})),
        prompt_visibility=member(PromptVisibility, prompt_visibility, "prompt_visibility"),
        **rest,
    )


def declare_input(
    assets: Sequence[Any],
    *,
    source: str,
    step_type: StepType | str,
    metadata: Mapping[str, Any] | None,
    name: str | None,
) -> StepSpec:
    """A checked `StepSpec` that takes in what was made elsewhere, recorded as the published package does.

    Raises:
        GenblazeError: There are no assets, they are none, or the step is of a type that needs a provider.
    """
    for asset in assets:
        if not isinstance(asset, Asset):
            msg = f"input(): takes assets, not {type(asset).__name__}; write Asset(url=…, media_type=…)"
            raise InvalidValueError(msg)
    if not assets:
        msg = "input(): there is no asset to take in"
        raise GenblazeError(msg)
    kind = member(StepType, step_type, "step_type")
    if kind not in (StepType.INGEST, StepType.IMPORT):
        msg = f"input(): step_type must be 'ingest' or 'import', not {str(kind)!r}"
        raise GenblazeError(msg)
    if not isinstance(source, str) or not source:
        msg = f"input(): source must say where the assets come from, not {source!r}"
        raise InvalidValueError(msg)
    notes = {**(metadata or {}), "source": source}
    check_canonical(notes, "metadata")
    return StepSpec(
        provider=None,
        model=source,
        modality=modality_of(assets[0].media_type),
        step_type=kind,
        external_inputs=[asset.model_copy(deep=True) for asset in assets],
        metadata=deepcopy(notes),
        name=name,
    )


def modality_of(media_type: str) -> Modality:
    """The kind of media that a media type means; an image where it tells none."""
    kind = media_type.partition("/")[0]
    return Modality(kind) if kind in set(Modality) else Modality.IMAGE


def _check_provider(provider: Any) -> None:
    if isinstance(provider, str):
        if not provider.strip():
            msg = "step(): the provider's name is empty; `genblaze plugins` lists the installed ones"
            raise GenblazeError(msg)
        return
    if isinstance(provider, type):
        msg = f"step(): {provider.__name__} is a class; pass an object: {provider.__name__}()"
        raise TypeError(msg)
    if not callable(getattr(provider, "job", None)):
        kind = type(provider).__name__
        msg = (
            f"step(): {kind} is not a provider. Pass a provider object, or the name of an installed one "
            "(`genblaze plugins` lists them), or subclass genblaze.SyncProvider. chat() functions are not providers: "
            "to record such a call, wrap it in a SyncProvider."
        )
        raise TypeError(msg)


def _fallback(entry: Any) -> Any:
    """An entry of `fallback_models`, checked: a model, or a pair of a provider and a model."""
    if isinstance(entry, str) and entry:
        return entry
    if isinstance(entry, tuple | list) and len(entry) == 2 and isinstance(entry[1], str) and entry[1]:
        _check_provider(entry[0])
        return tuple(entry)
    msg = f"step(): fallback_models holds {entry!r}, not 'model', 'provider:model' or (provider, 'model')"
    raise InvalidValueError(msg)


def member(kind: type[E], value: Any, where: str) -> E:
    """The member of an enumeration that `value` is or names.

    Raises:
        InvalidValueError: It is none; lists the choices.
    """
    try:
        return kind(value)
    except ValueError:
        msg = f"step(): {where}={value!r} is none of {', '.join(repr(str(each)) for each in kind)}"
        raise InvalidValueError(msg) from None


def _check_limits(timeout: Any, retry: Any, expected: Any) -> None:
    for where, value in (("step_timeout", timeout), ("expected_duration_sec", expected)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not value > 0):
            msg = f"step(): {where} must be a number of seconds greater than 0, not {value!r}"
            raise InvalidValueError(msg)
    if retry is not None and not callable(getattr(retry, "should_retry", None)):
        msg = f"step(): step_retry must be a RetryPolicy, not {type(retry).__name__}"
        raise InvalidValueError(msg)


def check_prompt(prompt: Any) -> None:
    """Refuse a prompt that is neither text nor a template.

    Raises:
        InvalidValueError: Names its type.
    """
    if prompt is not None and not isinstance(prompt, str | PromptTemplate):
        msg = f"step(): prompt must be text or a PromptTemplate, not {type(prompt).__name__}"
        raise InvalidValueError(msg)


def _check_names(params: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    for name in ("inputs", "input"):
        if name in params:
            msg = f"step(): {name!r} is no parameter; pass assets as external_inputs=[…] or name steps with input_from="
            raise GenblazeError(msg)
    for name in ("metadata", "prompt_visibility"):
        if name in params:
            msg = f"step(): give {name} as step({name}=…), not inside params"
            raise GenblazeError(msg)
    for name in RESERVED_METADATA:
        if name in metadata:
            msg = f"step(): the metadata key {name!r} is reserved"
            raise GenblazeError(msg)
