"""Prompt templates: text with named fields, and their substitution in batches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from genblaze.errors import TemplateError
from genblaze.models.record import Record

#: A format spec as Python defines it; braces holding anything else are literal text, such as JSON in a prompt.
_SPEC = r"(?:[^{}]?[<>=^])?[-+ ]?z?\#?0?\d{0,4}[_,]?(?:\.\d{1,4})?[a-zA-Z%]?"
_FIELD = re.compile(rf"\{{(?P<name>[A-Za-z_]\w{{0,255}})(?:!(?P<conversion>[rsa]))?(?::(?P<spec>{_SPEC}))?\}}")
_ACCESS = re.compile(r"\{[A-Za-z_]\w*(?:\.\w+|\[[^\]{}]*\])[^{}]*\}")
_CONVERSIONS = {"r": repr, "s": str, "a": ascii, None: None}


class _Field:
    """One `{name!conversion:spec}`, kept with its source text."""

    __slots__ = ("conversion", "name", "source", "spec")

    def __init__(self, match: re.Match[str]) -> None:
        self.source = match[0]
        self.name = match["name"]
        self.conversion = _CONVERSIONS[match["conversion"]]
        self.spec = match["spec"] or ""

    def render(self, value: Any) -> str:
        try:
            return format(self.conversion(value) if self.conversion else value, self.spec)
        except (TypeError, ValueError) as error:
            msg = f"Prompt template: {self.source} cannot format a {type(value).__name__}: {error}"
            raise TemplateError(msg) from error


@lru_cache(maxsize=1024)
def _parse(template: str) -> tuple[str | _Field, ...]:
    """Literal texts and fields in order."""
    parts: list[str | _Field] = []
    position = 0
    while position < len(template):
        brace = _next_brace(template, position)
        if brace > position:
            parts.append(template[position:brace])
        if brace == len(template):
            break
        if template.startswith(("{{", "}}"), brace):
            parts.append(template[brace])
            position = brace + 2
        elif match := _FIELD.match(template, brace):
            parts.append(_Field(match))
            position = match.end()
        elif match := _ACCESS.match(template, brace):
            msg = f"Prompt template: {match[0]} reaches into a value; only plain names such as {{name}} are fields"
            raise TemplateError(msg)
        else:
            parts.append(template[brace])
            position = brace + 1
    return tuple(parts)


def _next_brace(template: str, position: int) -> int:
    found = [at for at in (template.find("{", position), template.find("}", position)) if at >= 0]
    return min(found, default=len(template))


def fields_of(text: str) -> set[str]:
    """Names of the fields in a text; empty when it is not a well-formed template."""
    if "{" not in text:
        return set()
    try:
        return {part.name for part in _parse(text) if isinstance(part, _Field)}
    except TemplateError:
        return set()


def substitute(value: Any, values: Mapping[str, Any]) -> Any:
    """`value` with the fields that `values` names filled in, in every string of nested lists and dicts.

    A string without any of these fields is literal and stays as it is. A string that is nothing but one field takes the
    value itself, so that numbers stay numbers.
    """
    if isinstance(value, str):
        return _substitute_text(value, values)
    if isinstance(value, dict):
        return {key: substitute(item, values) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [substitute(item, values) for item in value]
    return value


def _substitute_text(text: str, values: Mapping[str, Any]) -> Any:
    if not (fields_of(text) & values.keys()):
        return text
    parts = _parse(text)
    first = parts[0]
    if len(parts) == 1 and isinstance(first, _Field) and first.source == f"{{{first.name}}}":
        return values[first.name]
    return "".join(_rendered(part, values) for part in parts)


def _rendered(part: str | _Field, values: Mapping[str, Any]) -> str:
    if isinstance(part, str):
        return part
    return part.render(values[part.name]) if part.name in values else part.source


def _filled(part: str | _Field, values: Mapping[str, Any]) -> str:
    """A part as a template has it: a field without a value as it stands, anything else as literal text."""
    if isinstance(part, _Field) and part.name not in values:
        return part.source
    return _rendered(part, values).replace("{", "{{").replace("}", "}}")


class PromptTemplate(Record, kw_only=False):
    """A prompt with named fields: `PromptTemplate("a {animal} at {time}")`.

    A field is `{name}`, optionally with a conversion and a format spec (`{width:04d}`). `{{` and `}}` stand for single
    braces; braces around anything that is not a field are literal.

    Attributes:
        template: The text.
    """

    template: str

    @property
    def variables(self) -> set[str]:
        """Names of the fields.

        Raises:
            TemplateError: When a field is malformed.
        """
        return {part.name for part in _parse(self.template) if isinstance(part, _Field)}

    def render(self, **kwargs: Any) -> str:
        """The text with every field filled in; values without a field are ignored.

        Raises:
            TemplateError: When a value is missing or cannot be formatted.
        """
        missing = sorted(self.variables - kwargs.keys())
        if missing:
            msg = (
                f"Prompt template: no value for {', '.join(missing)} (given: {', '.join(sorted(kwargs)) or 'nothing'})"
            )
            raise TemplateError(msg)
        return "".join(_rendered(part, kwargs) for part in _parse(self.template))

    def partial(self, **kwargs: Any) -> PromptTemplate:
        """The template with some fields filled in, for `render` or a batch to fill in the rest.

        Raises:
            TemplateError: When a value cannot be formatted.
        """
        known = {name: value for name, value in kwargs.items() if name in self.variables}
        return PromptTemplate("".join(_filled(part, known) for part in _parse(self.template)))

    def __str__(self) -> str:
        """The unrendered text."""
        return self.template
