"""Manifests in files: embed, extract, strip, copy; in a sidecar where no plugin knows the format.

A format plugin says where the manifest goes; this module hashes, writes, reads back and renames. The
original content is never lost: what `embed_manifest` writes, `strip_manifest` turns back into the same
bytes. Before a new file takes the place of the old one it is read back and held against that law; one that
breaks it is thrown away, and the file gets a sidecar as if the plugin had refused it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from genblaze.atomic import atomic_write, flush_to_disk
from genblaze.embedding.edits import (
    ContentDigest,
    FileReader,
    amend,
    compose,
    digest_plan,
    equivalent,
    is_identity,
    reproduces,
    whole,
    write_and_digest,
    write_plan,
)
from genblaze.embedding.mediafile import MediaFile, outputs_by_digest
from genblaze.embedding.recording import RecordDigests
from genblaze.embedding.sidecars import check_pointer, read_document, read_sidecar, sidecar_path
from genblaze.errors import EmbeddingError, GenblazeError, ManifestError, PointerSidecarError
from genblaze.layout import EditPlan, Layout, LayoutError
from genblaze.models.manifest import MAX_MANIFEST_BYTES, Manifest, parse_manifest
from genblaze.models.policy import EmbedPolicy

if TYPE_CHECKING:
    from genblaze.plugins import PluginManager

__all__ = [
    "EmbedResult",
    "content_digest",
    "copy_content",
    "embed_manifest",
    "extract_document",
    "extract_manifest",
    "inspect_file",
    "strip_manifest",
]

_ANY_TYPE = "*/*"


@dataclass
class EmbedResult:
    """Where a manifest went.

    Attributes:
        path: The media file.
        sidecar_path: The file beside it that holds the manifest, if it is not in the media file.
        manifest_uri: Where the manifest itself is stored, if it says so.
        method: "inline" (in the file), "sidecar", "pointer" (a sidecar that only names the address) or
            "none".
        embed_error: Why the format's own embedder could not do it, when a sidecar stands in for it.
        content: Digest of the content without any manifest; None where it did not have to be taken.
    """

    path: Path
    sidecar_path: Path | None
    manifest_uri: str | None
    method: Literal["inline", "sidecar", "pointer", "none"]
    embed_error: str | None = None
    content: ContentDigest | None = None


def embed_manifest(
    path: str | os.PathLike[str],
    manifest: Manifest,
    *,
    output: str | os.PathLike[str] | None = None,
    plugins: PluginManager | None = None,
    source: str | os.PathLike[str] | None = None,
    content: ContentDigest | None = None,
    policy: EmbedPolicy | None = None,
    full: bool = False,
    sidecar: bool = True,
) -> EmbedResult:
    """Put a manifest into a media file, atomically, replacing the one that is there.

    A format without an embedder, or a file that cannot hold a manifest and still come back byte for byte,
    gets a sidecar. Prompts that are not public are redacted unless `full`.

    Args:
        path: The media file; written in place unless `output` is given.
        manifest: What to embed.
        output: Write the file that carries the manifest here and leave `path` as it is.
        plugins: Where embedders come from (the installed ones unless given).
        source: Read the content from this file instead of `path`.
        content: Digest of the content without any manifest, if the caller knows it already; saves hashing it.
        policy: Published choice between the whole manifest, a pointer to it, and nothing.
        full: Embed the manifest as it is, private prompts and all; for files that stay with their owner.
        sidecar: Whether a sidecar may stand in; otherwise it is an error when the file cannot hold the manifest.

    Raises:
        EmbeddingError: The file cannot be read or written, or cannot hold the manifest. It is then as it was.
        ManifestError: The manifest cannot be written, or a pointer was asked for and it has no
            `manifest_uri`.
    """
    mode = "full" if policy is None else policy.embed_mode
    with MediaFile(source or path, plugins) as media:
        job = _Embedding(media, Path(output or path), manifest, content)
        if mode == "none":
            job.write_content()
            return job.result("none")
        payload = _payload(manifest, policy, full=full)
        if mode == "pointer":
            return job.beside(payload, "pointer")
        if sidecar and media.plugins.embedder_for(media.media_type) == media.plugins.embedder_for(_ANY_TYPE):
            return job.beside(payload, "sidecar")  # known before anything is hashed
        try:
            return job.inside(payload)
        except LayoutError as error:
            if not sidecar:
                raise
            return job.beside(payload, "sidecar", str(error))


def extract_manifest(path: str | os.PathLike[str], *, plugins: PluginManager | None = None) -> Manifest:
    """The manifest that a media file carries, or its sidecar's.

    Nothing is checked but its form: `verify_file` tells whether it is intact and belongs to the file.

    Raises:
        EmbeddingError: There is none, or the file cannot be read.
        PointerSidecarError: The sidecar only says where the manifest is.
        ManifestError: There is one, but it cannot be parsed.
    """
    return parse_manifest(extract_document(path, plugins=plugins))


def extract_document(path: str | os.PathLike[str], *, plugins: PluginManager | None = None) -> bytes:
    """The manifest that a media file carries, or its sidecar's, as the JSON that stands there.

    Raises:
        EmbeddingError: There is none, or the file cannot be read.
        PointerSidecarError: The sidecar only says where the manifest is.
    """
    with MediaFile(path, plugins) as media:
        payload = media.layout.payload
        media_type, trouble = media.media_type, media.trouble or media.layout.damage
    if payload is None:
        payload = read_sidecar(path)
        if payload is None:
            reason = f": {trouble}" if trouble else ""
            msg = f"no manifest in {path} ({media_type}) and no {sidecar_path(path).name} beside it{reason}"
            raise EmbeddingError(msg)
        check_pointer(payload)
    return payload


def document_of(file: Path) -> bytes:
    """The manifest that a file carries, that its sidecar holds, or that it is.

    Raises:
        EmbeddingError: There is none, or the file cannot be read.
    """
    try:
        return extract_document(file)
    except PointerSidecarError:
        raise
    except EmbeddingError:
        if file.suffix.lower() == ".json":
            return read_document(file)
        raise


def strip_manifest(
    path: str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
    plugins: PluginManager | None = None,
) -> ContentDigest:
    """Take our manifest out of a file, in place or into `output`.

    A file without one is left, or copied, as it is. A sidecar is a file of its own and stays.

    Returns:
        Digest of the content that is left: `Asset.sha256` if nothing else was changed.

    Raises:
        EmbeddingError: The file cannot be read or written.
    """
    with MediaFile(path, plugins) as media:
        plan, digest = media.pristine()
        if output is None and is_identity(plan, media.file.size):
            return digest or digest_plan(media.file, plan)
        target = Path(output or path)
        with _writing(target, mode_from=media.file.path) as file:
            return write_and_digest(media.file, plan, file)


def content_digest(path: str | os.PathLike[str], *, plugins: PluginManager | None = None) -> ContentDigest:
    """Digest of a file's content without our manifest; nothing is written.

    Raises:
        EmbeddingError: The file cannot be read.
    """
    with MediaFile(path, plugins) as media:
        plan, digest = media.pristine()
        return digest or digest_plan(media.file, plan)


def copy_content(
    path: str | os.PathLike[str], target: str | os.PathLike[str], *, plugins: PluginManager | None = None
) -> ContentDigest:
    """Copy a file as it was generated, without our manifest, to `target`; returns the copy's digest.

    Raises:
        EmbeddingError: The file cannot be read or written.
    """
    return strip_manifest(path, output=target, plugins=plugins)


def inspect_file(path: str | os.PathLike[str], *, plugins: PluginManager | None = None) -> Layout:
    """What the plugin of its format finds in a file.

    Raises:
        EmbeddingError: The file cannot be read or parsed.
    """
    with MediaFile(path, plugins) as media:
        return media.inspect(media.file)


class _Embedding:
    """One manifest on its way into, or beside, one file."""

    def __init__(self, media: MediaFile, target: Path, manifest: Manifest, content: ContentDigest | None) -> None:
        self.media = media
        self.target = target
        self.manifest = manifest
        self.content = content
        self.in_place = _same_file(media.file.path, target)

    def result(
        self,
        method: Literal["inline", "sidecar", "pointer", "none"],
        sidecar: Path | None = None,
        error: str | None = None,
    ) -> EmbedResult:
        return EmbedResult(self.target, sidecar, self.manifest.manifest_uri, method, error, self.content)

    def inside(self, payload: bytes) -> EmbedResult:
        """Embed into the file, or write a sidecar where that is what the selected plugin does.

        Raises:
            LayoutError: The file cannot hold the manifest, or would not come back byte for byte.
        """
        media = self.media
        pristine, digest = self._content()
        if media.trouble is not None:
            raise LayoutError(media.trouble)
        layout = media.seen_through(pristine)
        essence = compose(EditPlan(layout.essence), pristine)
        with RecordDigests(media.file, pristine, essence, self.content or digest) as digests:
            made = _Planning(media, pristine, layout, payload)
            again = self.in_place and media.layout.payload is not None
            record = digests.record() if again else digests.draft()
            plan = made.plan(record)
            if plan.sidecar:
                return self.beside(payload, "sidecar")
            if again and reproduces(plan, media.file):
                made.check(media.layout, plan, record)
            else:
                self._write(made, digests, record, plan)
            self.content = digests.content
        self._drop_replaced_sidecar()
        return self.result("inline")

    def _write(self, made: _Planning, digests: RecordDigests, so_far: dict[str, Any], draft: EditPlan) -> None:
        """Write while the rest is hashed; what a digest decides is put into its place at the end."""
        media = self.media
        with _writing(self.target, mode_from=media.file.path) as file:
            write_plan(media.file, draft, file)
            if digests.under_way:  # the disk may as well begin
                file.flush()
                flush_to_disk(file.fileno())
            record = digests.record()
            media.file.check_unchanged()
            plan = draft if record == so_far else made.plan(record)
            amend(media.file, draft, plan, file)
            file.flush()
            with FileReader(file.name) as written:
                made.check(media.inspect(written), plan, record)

    def beside(self, payload: bytes, method: Literal["sidecar", "pointer"], error: str | None = None) -> EmbedResult:
        """Write the sidecar, and take an older manifest, which readers would prefer, out of the file."""
        layout = Layout(media_type=self.media.media_type, size=self.media.file.size)
        plan = self.media.plugins.embed_manifest(layout, payload, {}, media_type=_ANY_TYPE)
        if plan is None or not plan.sidecar:
            msg = f"no plugin writes a sidecar for {self.target}"
            raise EmbeddingError(msg)
        self.write_content()
        sidecar = sidecar_path(self.target)
        with _writing(sidecar) as file:
            write_plan(self.media.file, plan, file)
        return self.result(method, sidecar, error)

    def write_content(self) -> None:
        """Bring the content without a manifest to the target, if it is not there already."""
        plan, _ = self._content()
        if not (self.in_place and is_identity(plan, self.media.file.size)):
            with _writing(self.target, mode_from=self.media.file.path) as file:
                write_plan(self.media.file, plan, file)

    def _content(self) -> tuple[EditPlan, ContentDigest | None]:
        """The plan of the file's content: without its manifest, unless the manifest to embed lists it with that."""
        if self.media.layout.restores:
            everything = whole(self.media.file)
            digest = digest_plan(self.media.file, everything)
            if digest.sha256 in outputs_by_digest(self.manifest):
                return everything, digest
        return self.media.pristine()

    def _drop_replaced_sidecar(self) -> None:
        """Remove a sidecar of the same run: the manifest that now lies in the file takes its place."""
        try:
            stale = read_sidecar(self.target)
            if stale is not None and parse_manifest(stale).run.run_id == self.manifest.run.run_id:
                sidecar_path(self.target).unlink()
        except (GenblazeError, OSError):
            return  # not a manifest of ours, or not ours to remove


def _payload(manifest: Manifest, policy: EmbedPolicy | None, *, full: bool) -> bytes:
    text = manifest.to_canonical_json() if full else manifest.to_embed_json(policy or EmbedPolicy())
    payload = text.encode()
    if len(payload) > MAX_MANIFEST_BYTES:
        msg = f"the manifest is {len(payload):,} bytes long; at most {MAX_MANIFEST_BYTES:,} are read again by anybody"
        raise ManifestError(msg)
    return payload


class _Planning:
    """How one manifest gets into one content, given the record that is to stand beside it."""

    def __init__(self, media: MediaFile, pristine: EditPlan, layout: Layout, payload: bytes) -> None:
        self.media = media
        self.pristine = pristine
        self.layout = layout
        self.payload = payload

    def plan(self, record: dict[str, Any]) -> EditPlan:
        """The plan over the file as it stands.

        Raises:
            LayoutError: The file cannot hold the manifest.
        """
        plan = self.media.plan_embedding(self.pristine, self.layout, self.payload, record)
        if plan is None:
            msg = f"the embedder of {self.media.media_type} cannot put a manifest into this file"
            raise LayoutError(msg)
        return plan

    def check(self, layout: Layout, plan: EditPlan, record: dict[str, Any]) -> None:
        """Refuse a new file, by its layout, that does not show the manifest or does not lead back to the content.

        Raises:
            LayoutError: So it is; the original stays, and gets a sidecar instead.
        """
        found = {key: value for key, value in (layout.record or {}).items() if key in record}
        if not _same_document(layout.payload, self.payload) or found != record:
            msg = f"the embedder of {self.media.media_type} does not find again what it wrote"
            raise LayoutError(msg)
        if not any(equivalent(compose(back, plan), self.pristine, self.media.file) for back in layout.restores):
            msg = f"the embedder of {self.media.media_type} cannot give this file back byte for byte"
            raise LayoutError(msg)


def _same_document(one: bytes | None, other: bytes) -> bool:
    """Equal JSON: containers differ in how they let characters be written."""
    if one is None or one == other:
        return one is not None
    try:
        return bool(json.loads(one) == json.loads(other))
    except (ValueError, RecursionError):
        return False


def _same_file(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


@contextmanager
def _writing(target: Path, *, mode_from: Path | None = None) -> Iterator[BinaryIO]:
    """`atomic_write`, its failures told in terms of the target."""
    try:
        with atomic_write(target, mode_from=mode_from) as file:
            yield file
    except OSError as error:
        hint = f" (the folder {target.parent} must be writable)" if isinstance(error, PermissionError) else ""
        msg = f"cannot write {target}: {error.strerror or error}{hint}; nothing was changed"
        raise EmbeddingError(msg) from error
