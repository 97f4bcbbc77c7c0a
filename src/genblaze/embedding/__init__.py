"""Manifests in files: what embeds, extracts, strips and copies them, whatever the format.

A format plugin says where the manifest goes (an `EditPlan`); `embed` carries that out through `edits`, or writes a
sidecar where no plugin knows the format. `handlers` are the published classes over the same functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze.embedding.edits import ContentDigest as ContentDigest
    from genblaze.embedding.embed import EmbedResult as EmbedResult
    from genblaze.embedding.embed import content_digest as content_digest
    from genblaze.embedding.embed import copy_content as copy_content
    from genblaze.embedding.embed import document_of as document_of
    from genblaze.embedding.embed import embed_manifest as embed_manifest
    from genblaze.embedding.embed import extract_document as extract_document
    from genblaze.embedding.embed import extract_manifest as extract_manifest
    from genblaze.embedding.embed import inspect_file as inspect_file
    from genblaze.embedding.embed import strip_manifest as strip_manifest
    from genblaze.embedding.sidecars import SIDECAR_SUFFIX as SIDECAR_SUFFIX
    from genblaze.embedding.sidecars import sidecar_path as sidecar_path

__getattr__, __dir__, __all__ = loads_at_first_use(
    __name__,
    {
        "genblaze.embedding.edits": "ContentDigest",
        "genblaze.embedding.embed": (
            "EmbedResult content_digest copy_content document_of embed_manifest extract_document extract_manifest"
            " inspect_file strip_manifest"
        ),
        "genblaze.embedding.sidecars": "SIDECAR_SUFFIX sidecar_path",
    },
)
