"""The moderation stages of a step: what is asked, and what a refusal leaves on the record."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode

if TYPE_CHECKING:
    from genblaze.models.step import Step
    from genblaze.moderation import ModerationHook, ModerationResult


async def moderate_prompt(hook: ModerationHook, step: Step, params: dict[str, Any]) -> None:
    """Let `hook` judge the prompt, the negative prompt and the texts of inputs; without any text it is not asked.

    Raises:
        ProviderError: When it refuses, or fails.
    """
    texts = [step.prompt, step.negative_prompt, *(asset.metadata.get("text") for asset in step.inputs)]
    text = "\n\n".join(text for text in texts if isinstance(text, str) and text)
    if text:
        await _judge(step, "prompt/input", hook.acheck_prompt(text, dict(params)))


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
