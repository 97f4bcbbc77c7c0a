"""The keyword arguments that every vendor's provider takes."""

from __future__ import annotations

import inspect
from typing import Any, Literal, TypeAlias, TypedDict, get_args

from genblaze.retry import RetryPolicy

#: What the published packages call the key.
KeyArgument: TypeAlias = Literal["api_key", "api_secret", "api_token", "auth_token"]


class Settings(TypedDict, total=False):
    """Keyword arguments that every vendor's provider takes, beside those that stand at a place of their own.

    Attributes:
        api_key: The key, by the one of these four names that the provider has (`key_argument`).
        api_secret: As `api_key`.
        api_token: As `api_key`.
        auth_token: As `api_key`.
        timeout: Another name for `http_timeout`.
        base_url: Where the API is, if not at the vendor's own address.
        models: As for every provider.
        retry_policy: How failed calls are repeated.
        probe_cache_ttl: As for every provider.
        probe_cache_max_entries: As for every provider.
    """

    api_key: str | None
    api_secret: str | None
    api_token: str | None
    auth_token: str | None
    timeout: float | None
    base_url: str | None
    models: Any
    retry_policy: RetryPolicy | None
    probe_cache_ttl: float | None
    probe_cache_max_entries: int | None


def key_of(provider: str, argument: KeyArgument, key: str | None, settings: Settings) -> str | None:
    """The key that a constructor was given, in whichever way.

    Args:
        provider: Name of the class.
        argument: What it calls the key.
        key: The first argument.
        settings: The keyword arguments.

    Raises:
        TypeError: There are two, or it has the name of another vendor's.
    """
    named = [name for name in get_args(KeyArgument) if name in settings]
    if not named:
        return key
    if named != [argument] or key is not None:
        msg = f"{provider} takes one key, as its first argument or as {argument}=, not {', '.join(named)}="
        raise TypeError(msg)
    return settings[argument]


def published_signature(constructor: Any, argument: KeyArgument) -> inspect.Signature:
    """How a constructor shows itself: with the key under its published name, which tools and people look for.

    Args:
        constructor: `__init__` of a class.
        argument: What it calls the key.
    """
    shown = []
    for parameter in list(inspect.signature(constructor).parameters.values())[1:]:
        is_key = parameter.kind is parameter.POSITIONAL_ONLY and parameter.name == "key"
        shown.append(parameter.replace(name=argument, kind=parameter.POSITIONAL_OR_KEYWORD) if is_key else parameter)
    return inspect.Signature(shown)
