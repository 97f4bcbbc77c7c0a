"""Reads a step's parameters: each within its bounds, and none that is unknown."""

from __future__ import annotations

import difflib
import re
from math import isfinite
from typing import Any, NoReturn

from genblaze.errors import ProviderError
from genblaze.models import ProviderErrorCode, Step

MAX_PROMPT_LENGTH = 100_000

_SIZE = re.compile(r"\s*(\d{1,9})\s*[xX\u00d7*]\s*(\d{1,9})\s*")


class Params:
    """The parameters of one step, read by name; `finish` refuses those that nobody asked for."""

    def __init__(self, step: Step, provider: str) -> None:
        self._values: dict[str, Any] = dict(step.params)
        self._provider = provider
        # Fields of the step; a pipeline takes them out of the parameters, `invoke` leaves them to the caller.
        self._known = {"seed", "negative_prompt"}
        if len(step.prompt or "") > MAX_PROMPT_LENGTH:
            self.refuse(f"the prompt has more than {MAX_PROMPT_LENGTH} characters. Shorten it.")

    def refuse(self, problem: str) -> NoReturn:
        """Refuse a request that cannot be done.

        Raises:
            ProviderError: Always.
        """
        msg = f"{self._provider}: {problem}"
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)

    def size(self, default: tuple[int, int], *, least: int, most: int) -> tuple[int, int]:
        """Width and height in pixels, from `size="768x512"` or from `width` and `height`.

        Raises:
            ProviderError: They are no numbers, or out of bounds.
        """
        width, height = default
        size = self._take("size")
        if size is not None:
            match = _SIZE.fullmatch(size) if isinstance(size, str) else None
            if match is None:
                self.refuse(f'size is {size!r}. Write it as "768x512".')
            width, height = int(match[1]), int(match[2])
            for side, value in (("width", width), ("height", height)):
                if not least <= value <= most:
                    self.refuse(f"{side} must be from {least} to {most} pixels, not {value} (size {size!r}).")
        return (
            int(self.number("width", width, least=least, most=most, whole=True)),
            int(self.number("height", height, least=least, most=most, whole=True)),
        )

    def number(self, name: str, default: float, *, least: float, most: float, whole: bool = False) -> float:
        """A number within bounds.

        Raises:
            ProviderError: It is none, or out of bounds.
        """
        value = self._take(name)
        if value is None:
            return default
        kind = "a whole number" if whole else "a number"
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            self.refuse(f"{name} is {value!r}: it must be {kind} from {least:g} to {most:g}.")
        if not least <= value <= most or (whole and value != int(value)):
            self.refuse(f"{name} is {value:g}: it must be {kind} from {least:g} to {most:g}.")
        return value

    def text(self, name: str) -> str:
        """A text; empty when it is not given.

        Raises:
            ProviderError: It is something else.
        """
        value = self._take(name)
        if value is not None and not isinstance(value, str):
            self.refuse(f"{name} is {value!r}: it must be text.")
        return value or ""

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false.

        Raises:
            ProviderError: It is something else.
        """
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(f"{name} is {value!r}: it must be true or false.")
        return default if value is None else value

    def finish(self) -> None:
        """Refuse what is left.

        Raises:
            ProviderError: A parameter is not known; the text names the nearest one and all others.
        """
        for name in sorted(set(self._values) - self._known):
            near = difflib.get_close_matches(name, self._known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            known = ", ".join(sorted(self._known))
            self.refuse(f"there is no parameter {name!r}.{hint} Known parameters: {known}.")

    def _take(self, name: str) -> Any:
        self._known.add(name)
        return self._values.get(name)
