"""A media file, opened through the plugin of its format: what it carries, and its content without that."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct

from genblaze.embedding.edits import ContentDigest, FileReader, PlanReader, compose, digest_plan, whole
from genblaze.errors import ManifestError, PluginError
from genblaze.layout import EditPlan, Layout, LayoutError, Reader
from genblaze.models.asset import Asset
from genblaze.models.manifest import Manifest, parse_manifest
from genblaze.models.step import Step

if TYPE_CHECKING:
    from collections.abc import Collection

    from genblaze.plugins import PluginManager

__all__ = ["MediaFile", "Output", "outputs_by_digest"]


class MediaFile:
    """An open file, its media type and its layout. Use it as a context manager.

    Attributes:
        file: The file.
        media_type: What it was recognised as.
        plugins: Where its format's plugin comes from.
        trouble: Why it cannot be parsed; known once `layout` was asked for.
    """

    def __init__(self, path: str | os.PathLike[str], plugins: PluginManager | None = None) -> None:
        """Open `path` and recognise its type.

        Raises:
            EmbeddingError: It cannot be opened, or is not a regular file.
        """
        if plugins is None:
            from genblaze.plugins import default_plugins

            plugins = default_plugins()
        self.plugins = plugins
        self.trouble: str | None = None
        self.file = FileReader(path)
        try:
            self.media_type, self._examined = plugins.examine(self.file, self.file.path.name)
        except BaseException:
            self.file.close()
            raise

    def inspect(self, reader: Reader) -> Layout:
        """Layout of `reader`, read as this file's type; an empty one when the plugin does not recognise it.

        Raises:
            LayoutError: The format's plugin cannot parse it.
        """
        try:
            layout = self.plugins.inspect_media(reader, self.media_type)
        except PluginError as error:  # a broken plugin must not cost the file its provenance: the sidecar takes it
            raise LayoutError(str(error)) from error
        return Layout(media_type=self.media_type, size=reader.size) if layout is None else layout

    @cached_property
    def layout(self) -> Layout:
        """Layout of the file as it stands; when it cannot be parsed, an empty one, and `trouble` says why."""
        try:
            if isinstance(self._examined, LayoutError):
                raise self._examined
            return self._examined or self.inspect(self.file)
        except LayoutError as error:
            self.trouble = str(error)
            return Layout(media_type=self.media_type, size=self.file.size)

    def pristine(self, accepted: Collection[str] | None = None) -> tuple[EditPlan, ContentDigest | None]:
        """The plan that gives the content without any manifest of ours.

        Where the bytes leave several possibilities, the digest is the referee: the first whose SHA-256 is
        among `accepted` (by default, what manifest and record name). The digest is given back when it was
        needed.
        """
        plans = self.layout.restores or (whole(self.file),)
        if len(plans) == 1:
            return plans[0], None
        if accepted is None:
            accepted = self._named_digests()
        for plan in plans:
            digest = digest_plan(self.file, plan)
            if digest.sha256 in accepted:
                return plan, digest
        return plans[0], None

    def _named_digests(self) -> set[str]:
        record = self.layout.record
        named = set() if record is None else {str(record["content_sha256"])}
        if self.layout.payload is not None:
            # A manifest that cannot be read names nothing; stripping it is right all the same.
            with suppress(ManifestError):
                named.update(outputs_by_digest(parse_manifest(self.layout.payload)))
        return named

    def seen_through(self, plan: EditPlan) -> Layout:
        """Layout of what `plan` makes of the file; nothing is written."""
        return self.layout if plan == whole(self.file) else self.inspect(PlanReader(self.file, plan))

    def plan_embedding(
        self, pristine: EditPlan, layout: Layout, payload: bytes, record: dict[str, Any]
    ) -> EditPlan | None:
        """The plan, over the file as it stands, that embeds into its pristine content; None: not possible."""
        plan = self.plugins.embed_manifest(layout, payload, record, media_type=self.media_type)
        return plan if plan is None or plan.sidecar else compose(plan, pristine)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()


class Output(Struct, frozen=True):
    """One asset that a run made, with the step that made it; steps are counted from 0."""

    asset: Asset
    step: Step
    step_index: int


def outputs_by_digest(manifest: Manifest) -> dict[str, Output]:
    """The outputs that a manifest lists with a SHA-256, the earliest where several are equal."""
    outputs: dict[str, Output] = {}
    for index, step in enumerate(manifest.run.steps):
        for asset in step.assets:
            if asset.sha256:
                outputs.setdefault(asset.sha256, Output(asset, step, index))
    return outputs
