"""Manifests: what a run did, with a hash that anyone can check."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from genblaze.canonical import canonical_bytes, canonical_json
from genblaze.errors import InvalidValueError, ManifestError, UnsupportedSchemaVersionError
from genblaze.models.asset import Asset, is_valid_sha256
from genblaze.models.enums import PromptVisibility
from genblaze.models.hashing import (
    SCHEMA_VERSION,
    SUPPORTED_SCHEMA_VERSIONS,
    asset_provenance_key,
    run_hash,
)
from genblaze.models.policy import EmbedPolicy
from genblaze.models.projection import Projection
from genblaze.models.record import Record, copied, describe, without_checks
from genblaze.models.run import Run
from genblaze.models.step import Step

__all__ = [
    "MAX_MANIFEST_BYTES",
    "RECORD_DIGEST_KEY",
    "SCHEMA_VERSION",
    "SUPPORTED_SCHEMA_VERSIONS",
    "Manifest",
    "ManifestVerification",
    "asset_provenance_key",
    "check_record_digest",
    "parse_manifest",
]

MAX_MANIFEST_BYTES: Final = 16 * 1024 * 1024
"""Longer documents are refused: no real manifest comes near."""

EXTENSIONS_KEY: Final = "genblaze"
"""Key of our own additions at the top of a document; published readers ignore it."""

RECORD_DIGEST_KEY: Final = "record_sha256"
"""Key, among our additions, of the digest of the whole document without it."""


@dataclass(frozen=True)
class ManifestVerification:
    """What `Manifest.verification_report` found.

    Attributes:
        hash_ok: Whether the canonical hash is that of the run.
        unverified_sha256_ids: Output assets without a digest that content could be compared with.
        invalid_metadata_ids: Output assets with numbers out of range or a malformed media type.
        has_outputs: Whether there is any output asset; a manifest that attests nothing does not verify.
    """

    hash_ok: bool
    unverified_sha256_ids: tuple[str, ...]
    invalid_metadata_ids: tuple[str, ...] = ()
    has_outputs: bool = True

    @property
    def ok(self) -> bool:
        """Whether the manifest verifies."""
        return self.hash_ok and self.has_outputs and not self.unverified_sha256_ids and not self.invalid_metadata_ids


class Manifest(Record, kw_only=True, rename={"extensions": EXTENSIONS_KEY}):
    """A run with the hash of it: schema 1.5 of the published format.

    Attributes:
        schema_version: Decides which fields are hashed.
        run: What was done.
        canonical_hash: Lowercase hexadecimal SHA-256 of the hashed fields; "" until it is computed.
        manifest_uri: Where the document is stored; not hashed.
        encryption_scheme: How encrypted prompts were encrypted; not hashed.
        signature: A signature of the document, made elsewhere; not hashed.
        transfer_failures: Assets that could not be stored; not hashed.
        extensions: Our own additions, `genblaze` in the document; not hashed.
    """

    schema_version: str = SCHEMA_VERSION
    run: Run
    canonical_hash: str = ""
    manifest_uri: str | None = None
    encryption_scheme: str | None = None
    signature: str | None = None
    transfer_failures: list[str] = msgspec.field(default_factory=list)
    extensions: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET

    def _check(self) -> None:
        if self.schema_version not in SUPPORTED_SCHEMA_VERSIONS:
            msg = f"Manifest.schema_version: {_unsupported(self.schema_version)}"
            raise InvalidValueError(msg)

    def __eq__(self, other: object) -> bool:
        """Whether both say the same; a document's digest of itself, which only one that was read has, says no more."""
        if not isinstance(other, Manifest):
            return NotImplemented
        return bool(self._said() == other._said())

    __hash__ = None  # type: ignore[assignment]  # it is built up during a run

    def _said(self) -> tuple[Any, ...]:
        extensions = {} if self.extensions is msgspec.UNSET else dict(self.extensions)
        extensions.pop(RECORD_DIGEST_KEY, None)
        return (*astuple(self)[:-1], extensions)

    @classmethod
    def from_run(cls, run: Run) -> "Manifest":
        """Make the manifest of a run, with its hash.

        Raises:
            ManifestError: If the run holds a value that canonical JSON cannot hold.
        """
        manifest = cls(run=run)
        manifest.compute_hash()
        return manifest

    def compute_hash(self) -> str:
        """Set and return the canonical hash of the run as it is now; raises as `from_run` does."""
        self.canonical_hash = self._actual_hash()
        return self.canonical_hash

    def _actual_hash(self) -> str:
        if self.schema_version not in SUPPORTED_SCHEMA_VERSIONS:
            raise UnsupportedSchemaVersionError(_unsupported(self.schema_version))
        return run_hash(self.run, self.schema_version)

    def assert_writable_schema(self) -> None:
        """Refuse versions that are only read.

        Raises:
            UnsupportedSchemaVersionError: If the manifest has such a version.
        """
        if self.schema_version not in SUPPORTED_SCHEMA_VERSIONS or self.schema_version > SCHEMA_VERSION:
            msg = (
                f"a manifest of schema {self.schema_version} can be read but not written; "
                f"the newest that is written is {SCHEMA_VERSION}"
            )
            raise UnsupportedSchemaVersionError(msg)

    def to_canonical_json(self) -> str:
        """Write the whole document as canonical JSON, computing the hash first if there is none.

        The document says its own digest (`genblaze.record_sha256`), which shows damage in fields that the
        canonical hash leaves out.

        Raises:
            ManifestError: If the schema version is read-only or a value cannot be held.
        """
        self.assert_writable_schema()
        if not self.canonical_hash:
            self.compute_hash()
        extensions = {} if self.extensions is msgspec.UNSET else dict(self.extensions)
        extensions.pop(RECORD_DIGEST_KEY, None)
        before = b'{"canonical_hash":%b,"encryption_scheme":%b,' % (
            canonical_bytes(self.canonical_hash),
            canonical_bytes(self.encryption_scheme),
        )
        after = memoryview(_after_extensions().to_bytes(self))[1:]
        digest = sha256(before)
        if extensions:
            digest.update(b'"genblaze":%b,' % canonical_bytes(extensions, (EXTENSIONS_KEY,)))
        digest.update(after)
        extensions[RECORD_DIGEST_KEY] = digest.hexdigest()
        ours = b'"genblaze":%b,' % canonical_bytes(extensions, (EXTENSIONS_KEY,))
        return b"".join((before, ours, after)).decode()

    def to_embed_json(self, policy: EmbedPolicy) -> str:
        """Write what a file is to carry; prompts that are not public are redacted.

        Raises:
            ManifestError: If the policy cannot be met: a pointer without a URI to point at, or fields left
                out that the hash needs.
        """
        if policy.embed_mode == "pointer":
            return self._pointer_json()
        policy.refuse_unmeetable()
        from genblaze.models.privacy import redact  # it works on manifests itself

        hide_all = policy.prompt_visibility != PromptVisibility.PUBLIC
        return redact(self, all_prompts=hide_all).to_canonical_json()

    def _pointer_json(self) -> str:
        self.assert_writable_schema()
        if not self.manifest_uri:
            msg = (
                "embed_mode 'pointer' needs a manifest_uri to point at: store the manifest first, "
                "or embed it with embed_mode 'full'"
            )
            raise ManifestError(msg)
        return canonical_json(
            {
                "schema_version": self.schema_version,
                "canonical_hash": self.canonical_hash or self.compute_hash(),
                "manifest_uri": self.manifest_uri,
            }
        )

    def verify(self) -> bool:
        """Tell whether the manifest verifies: `verification_report().ok`. Reads no file."""
        return self.verification_report().ok

    def verify_hash(self) -> bool:
        """Tell whether the canonical hash is that of the run; a run that cannot be hashed has none."""
        if not self.canonical_hash:
            return False
        try:
            return self._actual_hash() == self.canonical_hash
        except ManifestError:
            return False

    def verification_report(self) -> ManifestVerification:
        """Check the hash and what is declared of the outputs; no file is read."""
        return ManifestVerification(
            hash_ok=self.verify_hash(),
            unverified_sha256_ids=tuple(self.output_asset_ids_missing_sha256()),
            invalid_metadata_ids=tuple(self.output_asset_ids_with_invalid_metadata()),
            has_outputs=bool(self._outputs()),
        )

    def output_asset_ids_missing_sha256(self) -> list[str]:
        """List the output assets without a well-formed digest."""
        return [asset.asset_id for asset in self._outputs() if not is_valid_sha256(asset.sha256)]

    def output_asset_ids_with_invalid_metadata(self) -> list[str]:
        """List the output assets with numbers out of range or a malformed media type."""
        return [asset.asset_id for asset in self._outputs() if asset.problems()]

    def _outputs(self) -> list[Asset]:
        return [asset for step in self.run.steps for asset in step.assets]

    def __repr__(self) -> str:
        """Name the manifest by its hash."""
        return f"Manifest({self.schema_version}, {self.canonical_hash[:12] or 'not hashed'}, {self.run!r})"

    def _repr_html_(self) -> str:
        """Show the run in a notebook, without what is not public in it."""
        from genblaze.models.display import manifest_html

        return manifest_html(self)


@cache
def _after_extensions() -> Projection:
    """What stands after our additions in a document, whose key sorts among the others."""
    return Projection(Manifest, omit={"canonical_hash", "encryption_scheme", "extensions"})


def _unsupported(version: Any) -> str:
    known = ", ".join(SUPPORTED_SCHEMA_VERSIONS)
    return f"schema version {version!r} is not one of {known}; a newer genblaze may know it"


class _Document(Manifest, kw_only=True, rename={"extensions": EXTENSIONS_KEY}):
    """A manifest as it is read: the version may be missing, which means the first."""

    schema_version: str | None = None  # type: ignore[assignment]


describe(_Document)
_decoder = msgspec.json.Decoder(_Document, strict=False)


def parse_manifest(data: dict[str, Any] | bytes | str) -> Manifest:
    """Read a manifest of any supported version.

    Numbers out of range and malformed media types are let through: `verification_report` lists them.

    Args:
        data: The document, as text or already decoded; never changed, and shares nothing with the result.

    Raises:
        UnsupportedSchemaVersionError: If the schema version is unknown.
        ManifestError: If it is no manifest; the text names the place of the problem.
    """
    _refuse_impossible(data)
    try:
        with without_checks():
            document = (
                msgspec.convert(_apart(data), _Document, strict=False)
                if isinstance(data, dict)
                else _decoder.decode(data)
            )
            _refuse_unknown_version(document.schema_version)
            manifest = Manifest(**_fields(document))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _problem(data, error) from None
    _refuse_inconsistent(manifest)
    return manifest


def _apart(data: dict[str, Any]) -> Any:
    """A copy that shares no container with the document; by msgspec, unless it holds what JSON has no form for."""
    try:
        return msgspec.to_builtins(data)
    except (TypeError, ValueError, OverflowError):
        return copied(data)


def _fields(document: _Document) -> dict[str, Any]:
    fields = {name: getattr(document, name) for name in document.__struct_fields__}
    fields["schema_version"] = document.schema_version or "1.0"
    return fields


def _refuse_impossible(data: object) -> None:
    if not isinstance(data, (dict, bytes, str)):
        msg = f"a manifest is a dict, bytes or str, not {type(data).__name__}"
        raise ManifestError(msg)
    if not isinstance(data, dict) and len(data) > MAX_MANIFEST_BYTES:
        msg = f"the manifest is {len(data):,} bytes long; at most {MAX_MANIFEST_BYTES:,} are read"
        raise ManifestError(msg)


def _refuse_unknown_version(version: Any) -> None:
    if version and version not in SUPPORTED_SCHEMA_VERSIONS:
        raise UnsupportedSchemaVersionError(_unsupported(version))


def _refuse_inconsistent(manifest: Manifest) -> None:
    for index, step in enumerate(manifest.run.steps):
        if step.lacks_provider():
            msg = f"run.steps[{index}].provider is null in a step of type {step.step_type}"
            raise ManifestError(msg)
        if step.prompt_visibility == PromptVisibility.ENCRYPTED and not manifest.encryption_scheme:
            msg = f"run.steps[{index}].prompt_visibility is 'encrypted' but encryption_scheme is missing"
            raise ManifestError(msg)


def _problem(data: dict[str, Any] | bytes | str, error: Exception) -> ManifestError:
    """Say why a document cannot be read; an unknown version explains everything else that is wrong."""
    try:
        plain = data if isinstance(data, dict) else msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ManifestError(f"the manifest is not JSON: {error}")
    if not isinstance(plain, dict):
        return ManifestError(f"a manifest is a JSON object, not {type(plain).__name__}")
    try:
        _refuse_unknown_version(plain.get("schema_version"))
    except UnsupportedSchemaVersionError as unsupported:
        return unsupported
    return ManifestError(f"this is no manifest: {_bad_step(plain) or error}")


def _bad_step(plain: dict[str, Any]) -> str | None:
    """Find the first step that cannot be read: msgspec does not count list items in its paths."""
    run = plain.get("run")
    steps = run.get("steps") if isinstance(run, dict) else None
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        try:
            with without_checks():
                msgspec.convert(step, Step, strict=False)
        except (msgspec.ValidationError, RecursionError) as error:
            return f"run.steps[{index}]: {error}"
    return None


def check_record_digest(data: dict[str, Any] | bytes) -> bool | None:
    """Check the digest that a document states of itself.

    Args:
        data: The document, as text or already decoded; never changed.

    Returns:
        Whether the digest is that of the document; None if the document states none.

    Raises:
        ManifestError: If the text is not JSON, or holds a value that canonical JSON cannot hold.
    """
    try:
        document = data if isinstance(data, dict) else msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        msg = f"the manifest is not JSON: {error}"
        raise ManifestError(msg) from None
    extensions = document.get(EXTENSIONS_KEY) if isinstance(document, dict) else None
    if not isinstance(extensions, dict) or RECORD_DIGEST_KEY not in extensions:
        return None
    rest = {key: value for key, value in extensions.items() if key != RECORD_DIGEST_KEY}
    undigested = {key: value for key, value in document.items() if key != EXTENSIONS_KEY}
    if rest:
        undigested[EXTENSIONS_KEY] = rest
    stated: object = extensions[RECORD_DIGEST_KEY]
    return sha256(canonical_bytes(undigested)).hexdigest() == stated
