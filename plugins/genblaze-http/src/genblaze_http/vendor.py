"""What a plugin declares about its vendor; plain data, so that `provides()` can use it without importing httpx."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from genblaze.catalogue import KnownModel
from genblaze.models.enums import Modality, ProviderErrorCode

if TYPE_CHECKING:
    from genblaze.capabilities import Capability
    from genblaze.jobs import GenerateContext, Job, Request

#: How a vendor takes an input: the asset's own https URL, a presigned one of a store, an upload, a data URI.
Way: TypeAlias = Literal["url", "presigned", "upload", "data"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A refused call as the vendor answered it.

    Attributes:
        method: Of the request, so that a 404 on a submit (no such model) differs from one on a poll (no such job).
        status: HTTP status.
        headers: Names in lower case.
        body: Parsed JSON, or None.
        code: The vendor's error code, wherever its body has it.
        kind: The vendor's error type or status word.
        message: Its text for people.
        reasons: Further machine-readable reasons (Google's `details[].reason`).
    """

    method: str
    status: int
    headers: Mapping[str, str] = {}
    body: Any = None
    code: str | None = None
    kind: str | None = None
    message: str = ""
    reasons: tuple[str, ...] = ()


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor's HTTP API.

    Attributes:
        name: For people (`OpenAI`).
        base_url: Where the API is, without a slash at the end.
        base_url_variable: Environment variable that replaces it.
        key_variables: Environment variables that may hold the key, the first that is set wins.
        key_header: Header that carries the key.
        key_format: Its value, with `{key}`.
        headers: Sent with every call.
        header_variables: Header name to the environment variable that it is taken from, where that is set.
        request_id_headers: Response headers that name a request for the vendor's support, the first that is there wins.
        codes: The vendor's own error codes and types, looked up before the HTTP status.
        statuses: HTTP statuses that mean something else here than in `genblaze_http.failures.STATUSES`.
        judge: Looks at an answer first, for what no table can say; None leaves it to the tables.
        takes: The ways inputs are handed over, the preferred one first.
        max_data_uri: Longest file, in bytes, that goes into a data URI.
        models: What is known about its models.
    """

    name: str
    base_url: str
    base_url_variable: str
    key_variables: tuple[str, ...]
    key_header: str = "Authorization"
    key_format: str = "Bearer {key}"
    headers: Mapping[str, str] = {}
    header_variables: Mapping[str, str] = {}
    request_id_headers: tuple[str, ...] = ("x-request-id", "request-id", "cf-ray")
    codes: Mapping[str, ProviderErrorCode] = {}
    statuses: Mapping[int, ProviderErrorCode] = {}
    judge: Callable[[Answer], ProviderErrorCode | None] | None = None
    takes: tuple[Way, ...] = ("url", "presigned", "upload", "data")
    max_data_uri: int = 20 * 1024 * 1024
    models: tuple[KnownModel, ...] = ()

    def key_from_environment(self) -> str | None:
        """The key that the environment holds, if it does."""
        return next((value for name in self.key_variables if (value := os.environ.get(name))), None)

    def url_from_environment(self) -> str:
        """The base URL in force when nobody gave one to the constructor."""
        return (os.environ.get(self.base_url_variable) or self.base_url).rstrip("/")

    def extra_headers(self) -> dict[str, str]:
        """Headers of every call, without the key."""
        found = {name: value for name, variable in self.header_variables.items() if (value := os.environ.get(variable))}
        return {**self.headers, **found}


def declare(
    vendor: Vendor, key: str, modality: Modality | Iterable[Modality] | None, summary: str, alias: str | None = None
) -> Capability:
    """The `Capability` of one provider of a vendor: paid, with the vendor's key variables and the models it makes.

    Args:
        vendor: Whose provider.
        key: The provider's name.
        modality: What it makes, one kind or several; None for anything.
        summary: One line for people.
        alias: Another name, resolved by modality (the bare vendor).
    """
    from genblaze.capabilities import Capability

    modalities = () if modality is None else (Modality(modality),) if isinstance(modality, str) else tuple(modality)
    return Capability(
        hook="generate",
        key=key,
        summary=summary,
        aliases=() if alias is None else (alias,),
        modalities=modalities,
        paid=True,
        environment=vendor.key_variables,
        models=tuple(model for model in vendor.models if not modalities or model.modality in (None, *modalities)),
    )


def provider_hooks(
    package: str, offers: Mapping[str, Capability]
) -> tuple[Callable[[], Iterable[Capability]], Callable[[Request, GenerateContext], Job | None]]:
    """The hooks `provides` and `generate` of a plugin whose providers are classes.

    ```python
    provides, generate = provider_hooks("genblaze_acme", {"provider:AcmeProvider": declare(ACME, "acme", ...)})
    ```

    Args:
        package: The plugin's package.
        offers: `module:Class` of each provider, imported when it is first asked, and what it offers.
    """
    from genblaze.hookspecs import hookimpl

    targets = {capability.key: f"{package}.{target}" for target, capability in offers.items()}

    @hookimpl
    def provides() -> Iterable[Capability]:
        return [msgspec.structs.replace(each, provider=targets[each.key]) for each in offers.values()]

    @hookimpl
    def generate(request: Request, context: GenerateContext) -> Job | None:
        if request.provider not in targets:
            return None
        job: Job = context.provider(resolve_name(targets[request.provider])).job(request, context)
        return job

    return provides, generate
