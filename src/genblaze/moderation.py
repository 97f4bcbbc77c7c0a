"""Checks of prompts before, and of outputs after, generation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from genblaze.models.asset import Asset


@dataclass
class ModerationResult:
    """The verdict of a check.

    Attributes:
        allowed: Whether the step may go on.
        reason: Why not, for people.
        flagged_categories: The policy's own names for what was found.
    """

    allowed: bool
    reason: str | None = None
    flagged_categories: list[str] = field(default_factory=list)


class ModerationHook(ABC):
    """Decides what may be generated and handed out. A check that raises stops the step."""

    @abstractmethod
    def check_prompt(self, prompt: str | None, params: dict[str, Any]) -> ModerationResult:
        """Judge a prompt (with the negative prompt and texts of inputs) and the vendor's parameters."""

    @abstractmethod
    def check_output(self, assets: list[Asset]) -> ModerationResult:
        """Judge outputs, cached ones too."""

    async def acheck_prompt(self, prompt: str | None, params: dict[str, Any]) -> ModerationResult:
        """`check_prompt` without blocking the event loop."""
        return await daemon_threads.run(self.check_prompt, prompt, params)

    async def acheck_output(self, assets: list[Asset]) -> ModerationResult:
        """`check_output` without blocking the event loop."""
        return await daemon_threads.run(self.check_output, assets)
