"""The moderation stages of a step: what is asked, and what a refusal leaves on the record."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode
from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from genblaze.jobs import Courier
    from genblaze.models.asset import Asset
    from genblaze.models.step import Step
    from genblaze.moderation import ModerationHook, ModerationResult


async def moderate_prompt(
    hook: ModerationHook, step: Step, inputs: Sequence[Asset], params: dict[str, Any], courier: Courier
) -> None:
    """Let `hook` judge the prompt, the negative prompt and the texts of inputs; without any text it is not asked.

    Args:
        hook: The judge.
        step: Whose prompt.
        inputs: What the provider gets; those of text are read.
        params: The vendor's parameters.
        courier: Brings inputs that lie elsewhere.

    Raises:
        ProviderError: When it refuses, or fails, or an input is said to be text and is none.
    """
    texts = [step.prompt, step.negative_prompt]
    for asset in inputs:
        texts += await _texts_of(asset, courier)
    text = "\n\n".join(text for text in texts if text)
    if text:
        await _judge(step, "prompt/input", hook.acheck_prompt(text, dict(params)))


async def _texts_of(asset: Asset, courier: Courier) -> list[str]:
    """What an input says: the text that it was given along, and its content if that is text."""
    given = asset.metadata.get("text")
    if given is not None and not isinstance(given, str):
        msg = f"Moderation input error: the text of input {asset.asset_id} is {type(given).__name__}, not text"
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
    texts = [] if given is None else [given]
    if asset.media_type.startswith("text/") or asset.media_type == "application/json":
        try:
            path = await courier.input_path(asset)
            texts.append(await daemon_threads.run(path.read_text, "utf-8"))
        except (OSError, UnicodeError) as error:
            msg = f"Moderation input error: input {asset.asset_id} is no text that can be read: {type(error).__name__}"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT) from error
    return texts


async def moderate_output(hook: ModerationHook, step: Step) -> None:
    """Let `hook` judge the outputs, cached ones too; refused outputs are not handed on.

    Raises:
        ProviderError: When it refuses, or fails.
    """
    if not step.assets:
        return
    try:
        await _judge(step, "output", hook.acheck_output(step.assets))
    except ProviderError:
        step.assets = []
        raise


async def _judge(step: Step, stage: str, checking: Awaitable[ModerationResult]) -> None:
    try:
        verdict = await checking
    except Exception as error:
        msg = f"Moderation hook error: {type(error).__name__}: {error}"
        raise ProviderError(msg, error_code=ProviderErrorCode.UNKNOWN) from error
    if verdict.allowed:
        return
    categories = list(verdict.flagged_categories)
    step.note(moderation={"stage": stage, "reason": verdict.reason, "flagged_categories": categories})
    msg = f"Moderation rejected {stage}: {verdict.reason or 'no reason given'}"
    raise ProviderError(msg, error_code=ProviderErrorCode.CONTENT_POLICY)
