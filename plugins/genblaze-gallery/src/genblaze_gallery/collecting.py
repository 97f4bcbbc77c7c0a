"""What a report is about: runs, and the files they made, each one verified where it lies."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from genblaze import Asset, GenblazeError, Manifest, Step, Verdict, Verification, parse_manifest, verify_file
from genblaze.data_urls import is_data_url
from genblaze.file_urls import local_file
from genblaze.models.manifest import check_record_digest
from genblaze_gallery.places import FileInFolder, MissingOutputError, is_remote, name_in, open_place
from genblaze_gallery.showing import showable

if TYPE_CHECKING:
    from genblaze_gallery.places import Entry

__all__ = ["Exhibit", "Gallery", "ShownRun", "collect", "meant_by"]

_UNKNOWN_TYPE = "application/octet-stream"
_ITS_OWN = {Verdict.EXACT, Verdict.ESSENCE}


@dataclass(frozen=True)
class Exhibit:
    """One output, and what became of it.

    Attributes:
        path: The file; None if it is not on this machine.
        verdict: What verifying it said, in the words of `Verdict`; "missing" if the file is gone, "elsewhere" if it is
            not on this machine and nobody looked.
        message: The reason, for people.
        media_type: What the file is.
        trusted: Whether the file may be shown: its content is an output of the run, or it lies in a folder that the
            report was asked for.
        run_id: The run that made it, where that is known.
        asset: The output that it is, or was meant to be.
        step_index: Position of the step that made it in the run, from 0.
        url: Where it lies, if the file is a copy that was brought here to look at it.
    """

    path: Path | None
    verdict: str
    message: str
    media_type: str
    trusted: bool
    run_id: str | None = None
    asset: Asset | None = None
    step_index: int | None = None
    url: str | None = None

    @property
    def name(self) -> str:
        """What the file is called."""
        if self.path is not None and self.url is None:
            return self.path.name
        if self.asset is None:
            return "unnamed"
        return name_in(self.asset.url) or self.asset.asset_id


@dataclass
class ShownRun:
    """A run as it may be shown: what is not public in it is redacted.

    Attributes:
        manifest: Its manifest.
        intact: Whether the manifest is what its hashes say.
    """

    manifest: Manifest
    intact: bool

    @property
    def run_id(self) -> str:
        """Identity of the run."""
        return self.manifest.run.run_id

    @property
    def steps(self) -> list[Step]:
        """Its steps."""
        return self.manifest.run.steps


@dataclass
class Gallery:
    """All that a report shows: runs in order of time, and exhibits in the order of their runs and steps."""

    runs: list[ShownRun] = field(default_factory=list)
    exhibits: list[Exhibit] = field(default_factory=list)


def collect(sources: Iterable[str], *, output_dir: Path, workspace: Path | None = None) -> Gallery:
    """Find runs and their files, and verify each file.

    Args:
        sources: Folders, files, manifests, URLs of stores and manifests, ids of runs (or their beginnings).
        output_dir: Where files of runs that are only named by their id are looked for.
        workspace: Folder for copies of outputs in stores, which are looked at there; None leaves them where they are.
            The copies are needed as long as the gallery is.

    Raises:
        GenblazeError: A source is none of that, or cannot be read.
    """
    collection = _Collection(workspace)
    for source in sources:
        if is_remote(source) or source.startswith("file:") or Path(source).exists():
            with open_place(source) as place:
                collection.take(place.entries, named=not Path(source).is_dir())
        else:
            collection.take_run(source, output_dir)
    return collection.gallery()


class _Collection:
    """What has been found so far."""

    def __init__(self, workspace: Path | None) -> None:
        self._workspace = workspace
        self._runs: dict[str, ShownRun] = {}
        self._exhibits: dict[tuple[str, str], Exhibit] = {}

    def take(self, found: Iterable[Entry], *, named: bool) -> None:
        """Take what a place holds; of a file that was named itself, it is told when it is nothing of ours."""
        work: list[Callable[[], Verification | None]] = []
        for entry in found:
            document = entry.document()
            if document is not None:
                self._add_manifest(document, entry)
            elif isinstance(entry, FileInFolder):
                work.append(partial(_verified, entry.path, named=named))
        for verification in _in_parallel(work):
            if verification is not None:
                self._add_file(verification)

    def take_run(self, name: str, output_dir: Path) -> None:
        """Take the files of runs whose id begins like this.

        Raises:
            GenblazeError: There are none.
        """
        if output_dir.is_dir():
            with open_place(str(output_dir)) as place:
                chosen = [each for each in place.entries if _is_of_run(each, name)]
            self.take(chosen, named=False)
        if not any(run_id.startswith(name) for run_id in self._runs):
            msg = f"{name!r} is no file or folder, and no file in {output_dir} is of a run whose id begins like that"
            raise GenblazeError(msg)

    def gallery(self) -> Gallery:
        """What was found, with what is missing, in order."""
        runs = sorted(self._runs.values(), key=lambda run: (run.manifest.run.created_at.isoformat(), run.run_id))
        for run in runs:
            self._add_missing(run)
        place = {run.run_id: number for number, run in enumerate(runs)}

        def order(exhibit: Exhibit) -> tuple[int, int, str]:
            step = -1 if exhibit.step_index is None else exhibit.step_index
            name = str(exhibit.path) if exhibit.url is None else exhibit.url
            return place.get(exhibit.run_id or "", len(runs)), step, name

        return Gallery(runs, sorted(self._exhibits.values(), key=order))

    def _add_run(self, manifest: Manifest, *, intact: bool) -> None:
        known = self._runs.get(manifest.run.run_id)
        if known is None or (intact and not known.intact):
            self._runs[manifest.run.run_id] = ShownRun(showable(manifest), intact)

    def _add_file(self, found: Verification) -> None:
        path = Path(found.path)
        manifest, asset, index = found.manifest, found.asset, found.step_index
        if manifest is not None:
            intact = found.verdict is not Verdict.MANIFEST_ALTERED
            self._add_run(manifest, intact=intact)
            if asset is None:
                asset, index = meant_by(path, manifest)
        self._exhibits[str(path.resolve()), ""] = Exhibit(
            path,
            found.verdict.value,
            found.message,
            found.media_type or _UNKNOWN_TYPE,
            trusted=True,
            run_id=None if manifest is None else manifest.run.run_id,
            asset=asset,
            step_index=index,
        )

    def _add_manifest(self, document: bytes, entry: Entry) -> None:
        """A manifest in a document of its own: look for the files that it names."""
        manifest = parse_manifest(document)
        self._add_run(manifest, intact=_is_intact(manifest, document))
        for index, asset in _outputs(manifest):
            exhibit = self._named_by(entry, document, asset)
            if exhibit is not None:
                key = (entry.address, asset.asset_id) if exhibit.path is None else (str(exhibit.path.resolve()), "")
                self._exhibits.setdefault(key, replace(exhibit, run_id=manifest.run.run_id, step_index=index))

    def _named_by(self, entry: Entry, document: bytes, asset: Asset) -> Exhibit | None:
        """An output that a manifest names; None if it is not on this machine, nor in the manifest's own store."""
        try:
            path = entry.find(asset, self._workspace)
        except (MissingOutputError, OSError) as error:
            return Exhibit(None, "missing", str(error), asset.media_type, trusted=True, asset=asset)
        if path is None:
            return None
        found = verify_file(path, detached=document)
        remote = is_remote(entry.address)
        return Exhibit(
            path,
            found.verdict.value,
            found.message,
            found.media_type or asset.media_type,
            # A manifest may name any file of this machine; what it does not match is none of its business.
            trusted=remote or found.verdict in _ITS_OWN or path.parent == Path(entry.address).parent,
            asset=asset,
            url=asset.url if remote else None,
        )

    def _add_missing(self, run: ShownRun) -> None:
        """Outputs of a run of which no file was found."""
        seen = {exhibit.asset.asset_id for exhibit in self._exhibits.values() if exhibit.asset is not None}
        for index, asset in _outputs(run.manifest):
            if asset.asset_id in seen:
                continue
            here = local_file(asset.url) is not None or is_data_url(asset.url)
            verdict = "missing" if here else "elsewhere"
            message = "the file is not where the manifest says" if here else "stored elsewhere, and not looked at"
            exhibit = Exhibit(None, verdict, message, asset.media_type, True, run.run_id, asset, index)
            self._exhibits[run.run_id, asset.asset_id] = exhibit


def _is_intact(manifest: Manifest, document: bytes) -> bool:
    return manifest.verify_hash() and check_record_digest(document) is not False


def _verified(path: Path, *, named: bool) -> Verification | None:
    """The outcome for a file; None for one that is nothing of ours and was not named."""
    found = verify_file(path)
    strange = found.media_type == _UNKNOWN_TYPE and found.verdict is Verdict.NO_MANIFEST
    return None if strange and not named else found


def _in_parallel(work: list[Callable[[], Verification | None]]) -> Iterator[Verification | None]:
    """The outcomes in the order of the work; hashing releases the interpreter, so threads do."""
    with ThreadPoolExecutor(os.cpu_count() or 1, "genblaze-report") as executor:
        yield from executor.map(lambda each: each(), work)


def _is_of_run(entry: Entry, name: str) -> bool:
    manifest = entry.manifest()
    return manifest is not None and manifest.run.run_id.startswith(name)


def _outputs(manifest: Manifest) -> Iterator[tuple[int, Asset]]:
    return ((index, asset) for index, step in enumerate(manifest.run.steps) for asset in step.assets)


def meant_by(path: Path, manifest: Manifest) -> tuple[Asset | None, int | None]:
    """The output that a changed file was, by its name; or the only one there is."""
    outputs = list(_outputs(manifest))
    for index, asset in outputs:
        if path.stem == asset.asset_id or path.name == name_in(asset.url):
            return asset, index
    return (outputs[0][1], outputs[0][0]) if len(outputs) == 1 else (None, None)
