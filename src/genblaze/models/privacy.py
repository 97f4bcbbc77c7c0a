"""Redaction: manifests that hide prompts and params, and prove that they hide nothing else.

A redacted manifest is a complete manifest with a hash of its own. Each hidden value is replaced by
`redacted:sha256:<hex of salt + value>`, and `genblaze.redacts` names the hash of the full manifest. The salts
stand only in the full manifest (`genblaze.salts`): without them nobody can try out likely prompts.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import sha256
from os import urandom
from typing import Any, Final
from unicodedata import normalize

import msgspec

from genblaze.canonical import canonical_bytes
from genblaze.errors import ManifestError
from genblaze.models.asset_url import shown_url
from genblaze.models.enums import PromptVisibility
from genblaze.models.hashing import SCHEMA_VERSION
from genblaze.models.manifest import Manifest
from genblaze.models.step import ENGINE_KEY, Step

__all__ = ["REDACTED_PREFIX", "is_redacted", "needs_redaction", "redact", "redact_step", "reveals"]

REDACTED_PREFIX: Final = "redacted:sha256:"
"""How a hidden value begins."""

_SALT_BYTES = 16
# Shorter texts are too common: replacing them inside other texts would reveal more than it hides.
_SHORTEST_ECHO = 8

_SaltOf = Callable[[str], bytes]


def is_redacted(value: Any) -> bool:
    """Tell whether a value is already hidden."""
    return isinstance(value, str) and value.startswith(REDACTED_PREFIX)


def needs_redaction(manifest: Manifest, *, all_prompts: bool = False) -> bool:
    """Tell whether a manifest shows a prompt that is not public (or, with `all_prompts`, any prompt)."""
    return any(
        True
        for step in manifest.run.steps
        if all_prompts or step.prompt_visibility != PromptVisibility.PUBLIC
        for _ in _shown_prompts(step)
    )


def redact(manifest: Manifest, *, params: Iterable[str] = (), all_prompts: bool = False) -> Manifest:
    """Make the manifest that may be shown.

    Steps whose prompt is not public lose prompt and negative prompt, every other text that is kept under a
    key with "prompt" in it, what else repeats those texts, and the vendor's payload. URLs of assets, which are not
    hashed, lose their credentials.

    Args:
        manifest: The full manifest. The salts that are made are kept in its `extensions`, so that redacting
            it again gives the same document.
        params: Names of params to hide, in whatever step they stand.
        all_prompts: Hide public prompts as well.

    Returns:
        A complete manifest with a hash of its own; shares nothing with the full one.

    Raises:
        ManifestError: If the manifest cannot be hashed or its salts are damaged.
    """
    named = frozenset(params)
    hidden = [_names_to_hide(step, named, all_prompts) for step in manifest.run.steps]
    if not any(hidden) and not needs_redaction(manifest):
        shown = _without_salts(manifest)
    else:
        shown = _hidden(manifest, hidden, _kept_salts(manifest))
    for step in shown.run.steps:
        for asset in (*step.assets, *step.inputs):
            asset.url = shown_url(asset.url)
    return shown


def redact_step(step: Step, *, params: Iterable[str] = ()) -> Step:
    """Make the copy of a single step that may be shown, as `redact` would, with salts that nobody keeps."""
    return _hidden_step(step, _names_to_hide(step, frozenset(params), False), "", lambda _: urandom(_SALT_BYTES))


def reveals(full: Manifest, redacted: Manifest) -> bool:
    """Tell whether `full` is what `redacted` hides: the same run, value for value.

    Both must verify, the redacted one must name the hash of the full one, and redacting the full one with its
    salts must give the redacted one again.
    """
    if not (full.verify_hash() and redacted.verify_hash()):
        return False
    extensions = {} if redacted.extensions is msgspec.UNSET else redacted.extensions
    if extensions.get("redacts") != full.canonical_hash or len(full.run.steps) != len(redacted.run.steps):
        return False
    hidden = [_names_hidden(step, shown) for step, shown in zip(full.run.steps, redacted.run.steps, strict=True)]
    try:
        again = _hidden(full, hidden, _kept_salts(full.model_copy(deep=True)))
    except ManifestError:
        return False
    return again.canonical_hash == redacted.canonical_hash


def _shown_prompts(step: Step) -> Iterator[str]:
    for name in ("prompt", "negative_prompt"):
        value = getattr(step, name)
        if value is not None and not is_redacted(value):
            yield name


def _names_to_hide(step: Step, params: Collection[str], all_prompts: bool) -> frozenset[str]:
    names = {f"params.{key}" for key, value in step.params.items() if key in params and not is_redacted(value)}
    if all_prompts or step.prompt_visibility != PromptVisibility.PUBLIC:
        names.update(_shown_prompts(step))
    return frozenset(names)


def _names_hidden(full: Step, redacted: Step) -> frozenset[str]:
    """Find what the redacted step hides of the full one."""
    names = {name for name in _shown_prompts(full) if is_redacted(getattr(redacted, name))}
    names.update(
        f"params.{key}"
        for key, value in full.params.items()
        if not is_redacted(value) and is_redacted(redacted.params.get(key))
    )
    return frozenset(names)


def _kept_salts(manifest: Manifest) -> _SaltOf:
    """Give each place its salt: the one the manifest keeps for it, or a new one that it keeps from now on."""
    if manifest.extensions is msgspec.UNSET:
        manifest.extensions = {}
    salts = manifest.extensions.setdefault("salts", {})

    def salt_of(place: str) -> bytes:
        try:
            return bytes.fromhex(salts.setdefault(place, urandom(_SALT_BYTES).hex()))
        except (AttributeError, TypeError, ValueError):
            msg = f"genblaze.salts is damaged at {place!r}: a salt is {_SALT_BYTES} bytes in hexadecimal"
            raise ManifestError(msg) from None

    return salt_of


def _hidden(manifest: Manifest, hidden: list[frozenset[str]], salt_of: _SaltOf) -> Manifest:
    steps = [
        _hidden_step(step, names, f"steps[{index}].", salt_of)
        for index, (step, names) in enumerate(zip(manifest.run.steps, hidden, strict=True))
    ]
    redacted = Manifest(
        schema_version=SCHEMA_VERSION,
        run=manifest.run.model_copy(update={"steps": steps}),
        manifest_uri=manifest.manifest_uri,
        encryption_scheme=manifest.encryption_scheme,
        transfer_failures=manifest.transfer_failures,
        extensions={"redacts": manifest.canonical_hash or manifest.compute_hash()},
    )
    redacted.compute_hash()
    return redacted


def _hidden_step(step: Step, names: frozenset[str], place: str, salt_of: _SaltOf) -> Step:
    twin = step.model_copy(deep=True)
    private = step.prompt_visibility != PromptVisibility.PUBLIC
    if not (names or private):
        return twin
    concealer = _Concealer(place, salt_of)
    for name in sorted(names):
        if name.startswith("params."):
            key = name.removeprefix("params.")
            twin.params[key] = concealer.hide(name, step.params[key])
        else:
            setattr(twin, name, concealer.hide(name, getattr(step, name)))
    concealer.conceal_echoes(twin)
    if private or not names.isdisjoint({"prompt", "negative_prompt"}):
        twin.prompt_visibility = PromptVisibility.REDACTED
    return twin


class _Concealer:
    """Hides the values of one step, and the places that repeat them."""

    def __init__(self, place: str, salt_of: _SaltOf) -> None:
        self._place = place
        self._salt_of = salt_of
        self._echoes: dict[str, str] = {}

    def hide(self, name: str, value: Any) -> str:
        """Replace one value."""
        secret = normalize("NFC", value).encode() if isinstance(value, str) else canonical_bytes(value)
        mark = REDACTED_PREFIX + sha256(self._salt_of(self._place + name) + secret).hexdigest()
        if isinstance(value, str) and len(value) >= _SHORTEST_ECHO:
            self._echoes[value] = mark
        return mark

    def conceal_echoes(self, step: Step) -> None:
        """Hide what the rest of the step repeats; of its payload only the engine's notes stay."""
        step.params = self._concealed("params", step.params)
        step.metadata = self._concealed("metadata", step.metadata)
        for kind in ("assets", "inputs"):
            for index, asset in enumerate(getattr(step, kind)):
                asset.metadata = self._concealed(f"{kind}[{index}].metadata", asset.metadata)
        notes = {key: value for key, value in step.provider_payload.items() if key == ENGINE_KEY}
        step.provider_payload = self._concealed("provider_payload", notes)
        step.error = self._concealed("error", step.error)

    def _concealed(self, name: str, value: Any, *, is_prompt: bool = False) -> Any:
        if isinstance(value, dict):
            return {
                key: self._concealed(f"{name}.{key}", item, is_prompt="prompt" in str(key).lower())
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._concealed(f"{name}[{index}]", item, is_prompt=is_prompt) for index, item in enumerate(value)]
        if not isinstance(value, str) or is_redacted(value):
            return value
        if is_prompt:
            return self.hide(name, value)
        for echo, mark in self._echoes.items():
            value = value.replace(echo, mark)
        return value


def _without_salts(manifest: Manifest) -> Manifest:
    """Copy a manifest that hides nothing, without the salts it may keep for other copies."""
    twin = manifest.model_copy(deep=True)
    if twin.extensions is not msgspec.UNSET:
        twin.extensions.pop("salts", None)
        if not twin.extensions:
            twin.extensions = msgspec.UNSET
    return twin
