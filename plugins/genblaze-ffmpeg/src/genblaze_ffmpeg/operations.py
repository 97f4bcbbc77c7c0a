"""What a step asks of ffmpeg: an operation with its parameters, checked, that writes the recipe."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NoReturn

import msgspec

from genblaze.errors import ProviderError
from genblaze.models import ProviderErrorCode, StepType

if TYPE_CHECKING:
    from genblaze_ffmpeg.program import Program
    from genblaze_ffmpeg.recipes import Recipe
    from genblaze_ffmpeg.sources import Source


class Operation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="operation"):
    """What a step asks for: its parameters, checked. Each operation is a subclass, tagged with its name."""

    step_type: ClassVar[StepType] = StepType.EDIT

    @abstractmethod
    async def recipe(self, sources: Sequence[Source], program: Program) -> Recipe:
        """How it is done with these inputs.

        Raises:
            ProviderError: It cannot be done with them.
        """


def only(sources: Sequence[Source], operation: str) -> Source:
    """The one input of an operation that takes one.

    Raises:
        ProviderError: There are more, or none.
    """
    if len(sources) != 1:
        refuse(f"{operation} takes one input, not {len(sources)}. Use input_from, or FFmpegCompositor")
    return sources[0]


def refuse(problem: str) -> NoReturn:
    """Refuse what cannot be done.

    Raises:
        ProviderError: Always; `INVALID_INPUT`.
    """
    msg = f"ffmpeg: {problem}"
    raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
