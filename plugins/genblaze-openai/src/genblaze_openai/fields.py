"""How parameters are written into a form, and refused before anything is paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import msgspec

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode


def form_fields(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The text parts of a multipart body.

    None is left out, a list becomes a field for each item, and what is neither text nor number JSON.
    """
    for name, value in values.items():
        if isinstance(value, list | tuple):
            yield from ((f"{name}[]", _text(each)) for each in value)
        elif value is not None:
            yield name, _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def refuse(provider: str, name: str, why: str) -> NoReturn:
    """Refuse a parameter.

    Raises:
        ProviderError: `INVALID_INPUT`; nothing was sent.
    """
    msg = f"{provider}: {name}: {why}"
    raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT, uncertain=False)
