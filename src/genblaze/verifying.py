"""Proving, offline, that a file's content is what its manifest says, and telling which step made it."""

from __future__ import annotations

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct

from genblaze.embedding.edits import ContentDigest, digest_plan, reproduces, whole
from genblaze.embedding.mediafile import MediaFile, Output, outputs_by_digest
from genblaze.embedding.sidecars import check_pointer, read_document, read_sidecar, sidecar_path
from genblaze.errors import (
    GenblazeError,
    ManifestError,
    PointerSidecarError,
    UnsupportedSchemaVersionError,
)
from genblaze.layout import EditPlan, LayoutError
from genblaze.models.manifest import (
    EXTENSIONS_KEY,
    RECORD_DIGEST_KEY,
    Manifest,
    check_record_digest,
    parse_manifest,
)
from genblaze.models.privacy import reveals

if TYPE_CHECKING:
    from genblaze.models.asset import Asset
    from genblaze.models.step import Step
    from genblaze.plugins import PluginManager

__all__ = ["Verdict", "Verification", "verify_file", "verify_manifest_file"]


class Verdict(StrEnum):
    """What is known about a file. Only `EXACT` says that all is well."""

    EXACT = "exact"
    """The manifest is intact, and the content is byte for byte one of the run's outputs."""
    ESSENCE = "essence"
    """Pixels or samples are those of an output; the container around them was edited later."""
    ALTERED = "altered"
    """The content, or the block that carries the manifest, is not as it was generated."""
    FOREIGN = "foreign"
    """The manifest is about other files: it does not list what its record was written for."""
    MANIFEST_ALTERED = "manifest_altered"
    """The manifest itself is damaged or was edited."""
    NO_MANIFEST = "no_manifest"
    """Neither the file nor a sidecar holds a manifest."""
    UNREADABLE = "unreadable"
    """The file, or the manifest's format, cannot be read."""


class Verification(Struct, frozen=True):
    """The outcome for one file.

    Attributes:
        path: The file, or the URL of what lies elsewhere.
        verdict: What is known about it.
        media_type: Its recognised type; None when it could not be opened.
        manifest: The manifest, if one could be parsed.
        asset: The output that the content is, for `exact`, or was made of, for `essence`.
        step: The step that made that output.
        step_index: Position of the step in the run, counted from 0.
        source: Where the manifest was: "inline", "sidecar", "detached" (it was passed in) or "manifest" (the
            file is itself one).
        recorded: Whether our record stands beside the manifest in the file; the published package writes none.
        record_sha256: Digest that the manifest states of itself; None for one of the published package.
        message: One line for people.
    """

    path: Path | str
    verdict: Verdict
    media_type: str | None = None
    manifest: Manifest | None = None
    asset: Asset | None = None
    step: Step | None = None
    step_index: int | None = None
    source: str | None = None
    message: str = ""
    recorded: bool = False
    record_sha256: str | None = None

    @property
    def schema_version(self) -> str | None:
        """Version of the manifest's schema; None without a manifest."""
        return None if self.manifest is None else self.manifest.schema_version

    @property
    def ok(self) -> bool:
        """Whether the verdict is `exact`."""
        return self.verdict is Verdict.EXACT


def verify_file(
    path: str | os.PathLike[str],
    *,
    plugins: PluginManager | None = None,
    hash_only: bool = False,
    detached: bytes | None = None,
    full: Manifest | None = None,
) -> Verification:
    """Tell whether a media file is what its manifest says. Nothing is written, and nothing is fetched.

    The manifest in the file counts, or else its sidecar's. The proof is the digest of the content without our
    manifest, which must be that of one of the run's outputs; the record beside the manifest helps to say what
    went wrong, and that the block of the two is as we wrote it.

    Args:
        path: The file.
        plugins: Where the formats come from (the installed plugins unless given).
        hash_only: Check the manifest alone and believe the content; `exact` then says no more than that.
        detached: The manifest to compare with, as JSON, instead of the one in the file or beside it.
        full: A manifest that hides nothing: the file's own must be it, or a redacted copy of it.
    """
    case = _Case(Path(path), hash_only=hash_only, full=full)
    try:
        with MediaFile(path, plugins) as media:
            case.media_type = media.media_type
            return _verify(case, media) if detached is None else _judge_detached(case, media, detached)
    except GenblazeError as error:
        return case.says(Verdict.UNREADABLE, str(error))


def verify_manifest_file(path: str | os.PathLike[str], *, hash_only: bool = False) -> Verification | None:
    """Tell whether a file that is itself a manifest is intact; None when it is not one at all.

    Args:
        path: The file.
        hash_only: Pass a manifest that states no digest of an output, too, with which nothing can be compared.
    """
    case = _Case(Path(path), media_type="application/json", source="manifest", hash_only=hash_only)
    try:
        document = read_document(case.path)
        check_pointer(document)
    except PointerSidecarError as error:
        return case.says(Verdict.NO_MANIFEST, str(error))
    except GenblazeError:
        return None
    opened = case.open(document)
    if isinstance(opened, Verification):
        return opened if case.manifest is not None or b'"canonical_hash"' in document else None
    assert case.manifest is not None  # noqa: S101 - opened
    report = case.manifest.verification_report()
    if report.unverified_sha256_ids:
        return case.says(Verdict.ALTERED, "the manifest states no digest of some outputs, so nothing can be compared")
    if report.invalid_metadata_ids:
        return case.says(Verdict.ALTERED, "the manifest states facts of outputs that no file can have")
    return case.says(Verdict.EXACT, "manifest intact")


class _Case:
    """One file under examination: what is known so far, and how it is put into a verdict."""

    def __init__(
        self,
        path: Path,
        *,
        media_type: str | None = None,
        source: str | None = None,
        hash_only: bool = False,
        full: Manifest | None = None,
    ) -> None:
        self.path = path
        self.media_type = media_type
        self.source = source
        self.hash_only = hash_only
        self.full = full
        self.recorded = False
        self.manifest: Manifest | None = None

    def says(self, verdict: Verdict, message: str, output: Output | None = None) -> Verification:
        made_by: dict[str, Any] = {}
        if output is not None:
            step = output.step
            message = f"{message} step {output.step_index} ({step.provider}/{step.model})"
            made_by = {"asset": output.asset, "step": step, "step_index": output.step_index}
        return Verification(
            self.path,
            verdict,
            self.media_type,
            self.manifest,
            source=self.source,
            message=message,
            recorded=self.recorded,
            record_sha256=_stated_digest(self.manifest),
            **made_by,
        )

    def open(self, document: bytes, damage: str | None = None) -> dict[str, Output] | Verification:
        """What an intact manifest lists; a verdict when something is wrong with it."""
        try:
            self.manifest = parse_manifest(document)
            intact = self.manifest.verify_hash()
            rest_intact = _is_whole(document)
        except UnsupportedSchemaVersionError as error:
            return self.says(Verdict.UNREADABLE, str(error))
        except ManifestError as error:
            return self.says(Verdict.MANIFEST_ALTERED, damage or f"the manifest cannot be read: {error}")
        if damage is None and not intact:
            damage = "the manifest is not what its canonical hash was made of"
        if damage is None and not rest_intact:
            damage = "a field of the manifest outside its canonical hash was changed"
        if damage is not None:
            return self.says(Verdict.MANIFEST_ALTERED, damage)
        if self.full is not None and not _belongs_to(self.manifest, self.full):
            return self.says(Verdict.FOREIGN, "the manifest is not a copy of the full one, nor a redacted one")
        if self.hash_only:
            return self.says(Verdict.EXACT, "manifest intact; the content was not compared")
        return outputs_by_digest(self.manifest)


def _stated_digest(manifest: Manifest | None) -> str | None:
    if manifest is None or manifest.extensions is UNSET:
        return None
    stated = manifest.extensions.get(RECORD_DIGEST_KEY)
    return stated if isinstance(stated, str) else None


def _belongs_to(manifest: Manifest, full: Manifest) -> bool:
    """Whether a manifest is the full one, or hides values of the full one and changes none."""
    same = full.verify_hash() and manifest.canonical_hash == full.canonical_hash
    return same or reveals(full, manifest)


def _is_whole(document: bytes) -> bool:
    """Whether the document matches the digest that it states of itself; a published one states none.

    A digest under a key that was misspelt later would look like none, so what is left of it counts as damage.

    Raises:
        ManifestError: The document cannot be read.
    """
    intact = check_record_digest(document)
    if intact is not None:
        return intact
    top = json.loads(document)
    return EXTENSIONS_KEY not in top and not any(
        isinstance(value, dict) and RECORD_DIGEST_KEY in value for value in top.values()
    )


def _verify(case: _Case, media: MediaFile) -> Verification:
    layout = media.layout
    if layout.payload is not None:
        case.source = "inline"
        return _judge_inline(case, media, layout.payload)
    if layout.damage is not None:
        return case.says(Verdict.UNREADABLE, layout.damage)
    document = read_sidecar(case.path)
    if document is not None:
        case.source = "sidecar"
        return _judge_sidecar(case, media, document)
    if media.trouble is not None:
        return case.says(Verdict.UNREADABLE, media.trouble)
    return case.says(Verdict.NO_MANIFEST, f"no manifest in the file, and no {sidecar_path(case.path).name}")


def _judge_sidecar(case: _Case, media: MediaFile, document: bytes) -> Verification:
    """A file without anything of ours inside: its whole digest against the sidecar's manifest."""
    try:
        check_pointer(document)
    except PointerSidecarError as error:
        return case.says(Verdict.NO_MANIFEST, str(error))
    listed = case.open(document)
    if isinstance(listed, Verification):
        return listed
    digest = digest_plan(media.file, whole(media.file))
    if digest.sha256 in listed:
        return case.says(Verdict.EXACT, "exact output of", listed[digest.sha256])
    return case.says(Verdict.ALTERED, _unlisted(digest, listed))


def _judge_detached(case: _Case, media: MediaFile, document: bytes) -> Verification:
    """A manifest from elsewhere: is the file's content, without any manifest of its own, one of its outputs?"""
    case.source = "detached"
    check_pointer(document)
    listed = case.open(document)
    if isinstance(listed, Verification):
        return listed
    if media.layout.damage is not None:
        return case.says(Verdict.ALTERED, media.layout.damage)
    plan, digest = media.pristine(listed)
    digest = digest or digest_plan(media.file, plan)
    if digest.sha256 in listed:
        return case.says(Verdict.EXACT, "exact output of", listed[digest.sha256])
    record = media.layout.record
    if record is not None and record["content_sha256"] not in listed:
        return case.says(Verdict.ALTERED, _unlisted(digest, listed))
    return _judge_essence(case, media, digest, listed)


def _judge_inline(case: _Case, media: MediaFile, payload: bytes) -> Verification:
    """A manifest in the file: is it intact, and is the rest of the file an output of its run?"""
    case.recorded = media.layout.record is not None
    listed = case.open(payload, media.layout.damage)
    if isinstance(listed, Verification):
        return listed
    record = media.layout.record
    if record is not None and record["content_sha256"] not in listed:
        origin = record["content_sha256"][:12]
        return case.says(Verdict.FOREIGN, f"the manifest does not list the content {origin}… that it came with")
    plan, digest = media.pristine(listed)
    digest = digest or digest_plan(media.file, plan)
    if digest.sha256 not in listed:
        return _judge_essence(case, media, digest, listed)
    if record is not None:
        if (digest.sha256, digest.size) != (record["content_sha256"], record["content_size"]):
            return case.says(Verdict.ALTERED, "the manifest was put into this file by hand: its record differs")
        if not _block_is_ours(media, plan, payload, record):
            return case.says(Verdict.ALTERED, "the content is exact, but the block of the manifest was edited")
    return case.says(Verdict.EXACT, "exact output of", listed[digest.sha256])


def _judge_essence(case: _Case, media: MediaFile, digest: ContentDigest, listed: dict[str, Output]) -> Verification:
    """The content is not listed: are at least the coded media those that the record was written for?"""
    record, essence = media.layout.record or media.layout.moved_record, EditPlan(media.layout.essence)
    origin = None if record is None else listed.get(record["content_sha256"])
    if record and origin and essence.segments and digest_plan(media.file, essence).sha256 == record["essence_sha256"]:
        return case.says(Verdict.ESSENCE, "media data unchanged, but the file around it was edited; made by", origin)
    saved_anew = record is None and case.source == "inline" and media.media_type in _SAVED_ANEW
    return case.says(Verdict.ALTERED, _unlisted(digest, listed) + (_HINT if saved_anew else ""))


_SAVED_ANEW = frozenset({"image/jpeg", "image/webp", "audio/wav"})
_HINT = "; genblaze-core 0.3 may have put the manifest in, which saves such files anew: --hash-only checks the manifest"


def _unlisted(digest: ContentDigest, listed: dict[str, Output]) -> str:
    if not listed:
        return "the manifest lists no output with a digest, so there is nothing to compare with"
    count = "the one output" if len(listed) == 1 else f"any of the {len(listed)} outputs"
    return f"the content (sha256 {digest.sha256[:12]}…) is not {count} that the manifest lists"


def _block_is_ours(media: MediaFile, pristine: EditPlan, payload: bytes, record: dict[str, Any]) -> bool:
    """Whether embedding the same manifest and record once more gives this very file."""
    bare = {key: value for key, value in record.items() if key not in {"restore", "check"}}
    try:
        layout = media.seen_through(pristine)
        plan = media.plan_embedding(pristine, layout, payload, bare)
    except LayoutError:
        return False
    return plan is not None and not plan.sidecar and reproduces(plan, media.file)
