"""`genblaze verify`: proves that files are what their manifests say, and tells which step made them."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from genblaze.atomic import remove_litter
from genblaze.cli.stored import paths_or_urls, stored_outputs, verify_copy, verify_stored_output
from genblaze.cli.terminal import printable
from genblaze.embedding.sidecars import SIDECAR_SUFFIX, read_document, sidecar_path
from genblaze.models.manifest import parse_manifest
from genblaze.verifying import Verdict, Verification, verify_file, verify_manifest_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from rich.progress import Progress

__all__ = ["command"]

FAILED: Final = 1
NOTHING_TO_VERIFY: Final = 3

_COLOURS: Final = {Verdict.EXACT: "green", Verdict.ESSENCE: "yellow", Verdict.NO_MANIFEST: "yellow"}
_WIDTH: Final = max(map(len, Verdict))
_UNKNOWN_TYPE: Final = "application/octet-stream"
_AHEAD: Final = 64
_BAR_FROM: Final = 20

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("verify", short_help="Check that files are what their manifests say.")
@click.argument("paths", nargs=-1, required=True, callback=paths_or_urls)
@click.option("-r", "--recursive", is_flag=True, help="Go into the folders below a folder, too.")
@click.option("--manifest", "detached", type=_FILE, help="Compare with this manifest, not with the files' own.")
@click.option("--full", type=_FILE, help="Prove that the files' manifests are copies of this full one, if redacted.")
@click.option("--allow", multiple=True, type=click.Choice(["essence"]), help="Let this verdict pass as well as exact.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing about files that pass.")
@click.option(
    "--read-data", "--fetch", is_flag=True, help="Read all outputs that the manifests name, not PATHS themselves."
)
@click.option("--allowed-root", "roots", multiple=True, type=_FOLDER, hidden=True)  # published; no file is barred
@click.option("--hash-only", is_flag=True, help="Check the manifests alone, not the content of the files.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path | str, ...],
    *,
    recursive: bool,
    read_data: bool,
    roots: tuple[Path, ...],
    detached: Path | None,
    full: Path | None,
    allow: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    hash_only: bool,
) -> None:
    """Check that files are what their manifests say; of a folder, the media files in it.

    A URL (s3://bucket/key, https://…) is read and checked like a file. Everything else happens offline.

    A file is "exact" when its manifest is intact and its content, byte for byte, one of the outputs that the
    manifest lists. Other verdicts: "essence" (pixels or samples are, but the file around them was edited),
    "altered", "foreign" (the manifest belongs to another file), "manifest_altered", "no_manifest",
    "unreadable". A JSON file that is itself a manifest is checked as such.

    Exit code: 0 all exact, 1 anything wrong, 2 wrong usage, 3 nothing wrong, but some file has no manifest.
    """
    if (roots and not read_data) or (read_data and hash_only):
        msg = "--fetch reads outputs: --allowed-root needs it, and --hash-only is without it"
        raise click.UsageError(msg)
    check = partial(
        _verify,
        hash_only=hash_only,
        detached=None if detached is None else read_document(detached),
        full=None if full is None else parse_manifest(read_document(full)),
    )
    passing = {Verdict.EXACT, *map(Verdict, allow)}
    counts: Counter[Verdict] = Counter()
    documents: list[dict[str, Any]] = []
    with ExitStack() as stack:
        work: list[Callable[[], Verification | None]]
        if read_data:
            work = [partial(verify_stored_output, output) for output in stored_outputs(paths, stack)]
        else:
            work = [partial(check, path, named=named) for path, named in _files(paths, recursive=recursive)]
        for verification in _in_parallel(work):
            counts[verification.verdict] += 1
            if as_json:
                documents.append(_document(verification))
            elif not (quiet and verification.verdict in passing):
                click.echo(_line(verification))
    if as_json:
        summary = {"version": 1, "counts": dict(sorted(counts.items())), "files": documents}
        click.echo(json.dumps(summary, indent=2))
    else:
        _conclude(counts)
    ctx.exit(_exit_code(counts, passing))


def _conclude(counts: Counter[Verdict]) -> None:
    if not counts:
        click.echo("There is no media file to verify.", err=True)
    elif counts.total() > 1:
        found = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
        click.echo(f"{counts.total()} files: {found}", err=True)


def _exit_code(counts: Counter[Verdict], passing: set[Verdict]) -> int:
    if set(counts) - {*passing, Verdict.NO_MANIFEST}:
        return FAILED
    return 0 if counts and not counts[Verdict.NO_MANIFEST] else NOTHING_TO_VERIFY


def _verify(path: Path | str, *, named: bool, detached: bytes | None, **how: Any) -> Verification | None:
    """The outcome for one file or URL; None for a file found in a folder that is nothing of ours."""
    if isinstance(path, str):
        return verify_copy(path, partial(_verify, named=named, detached=detached, **how))
    if named and detached is None and how["full"] is None and path.suffix.lower() == ".json":
        manifest = verify_manifest_file(path, hash_only=how["hash_only"])
        if manifest is not None:
            return manifest
    verification = verify_file(path, detached=detached, **how)
    strange = verification.media_type == _UNKNOWN_TYPE and (
        verification.verdict is Verdict.NO_MANIFEST or (detached is not None and not verification.ok)
    )
    return None if strange and not named else verification


def _in_parallel(work: list[Callable[[], Verification | None]]) -> Iterator[Verification]:
    """The outcomes in the order of the work; hashing releases the interpreter, so threads do where there is much."""
    if len(work) == 1:
        yield from filter(None, (each() for each in work))
        return
    from concurrent.futures import ThreadPoolExecutor

    pending: deque[Future[Verification | None]] = deque()
    upcoming = iter(work)
    executor = ThreadPoolExecutor(os.cpu_count() or 1, "genblaze-verify")
    try:
        for _ in _bar(work):
            while len(pending) < _AHEAD and (following := next(upcoming, None)) is not None:
                pending.append(executor.submit(following))
            verification = pending.popleft().result()
            if verification is not None:
                yield verification
    finally:
        executor.shutdown(cancel_futures=True)


def _bar(work: list[Callable[[], Verification | None]]) -> Iterable[object]:
    """The work, counted by a bar where somebody sees it and it is worth one."""
    if len(work) < _BAR_FROM or not sys.stderr.isatty():
        return work
    from rich.console import Console
    from rich.progress import Progress

    return _tracked(work, Progress(console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()))


def _tracked(work: list[Callable[[], Verification | None]], bar: Progress) -> Iterator[object]:
    with bar:
        yield from bar.track(work, description="verifying")


def _files(paths: Iterable[Path | str], *, recursive: bool) -> Iterator[tuple[Path | str, bool]]:
    """Every file to look at, and whether it was named itself."""
    for path in paths:
        if isinstance(path, Path) and path.is_dir():
            yield from ((found, False) for found in _files_below(path, recursive=recursive))
        else:
            yield path, True


def _files_below(folder: Path, *, recursive: bool) -> Iterator[Path]:
    """Files that may be media, in a steady order; what belongs to genblaze itself is passed over."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".genblaze")
        if folders and not recursive:
            click.echo(f"Folders below {printable(root)} are left out; --recursive looks into them.", err=True)
            folders.clear()
        remove_litter(Path(root))
        for name in sorted(names):
            path = Path(root, name)
            if not name.endswith(SIDECAR_SUFFIX) and not name.startswith(".genblaze-") and _is_regular(path):
                yield path


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return sidecar_path(path).exists()


def _line(verification: Verification) -> str:
    verdict = click.style(f"{verification.verdict:<{_WIDTH}}", fg=_COLOURS.get(verification.verdict, "red"))
    return f"{verdict}  {printable(verification.path)}  {printable(_finding(verification))}"


def _finding(verification: Verification) -> str:
    step, asset = verification.step, verification.asset
    if not verification.ok or step is None or asset is None:
        return verification.message
    return f"step {verification.step_index}  {step.provider}/{step.model}  {(asset.sha256 or '')[:12]}"


def _document(verification: Verification) -> dict[str, Any]:
    manifest, step, asset = verification.manifest, verification.step, verification.asset
    return {
        "path": str(verification.path),
        "verdict": verification.verdict.value,
        "message": verification.message,
        "media_type": verification.media_type,
        "source": verification.source,
        "recorded": verification.recorded,
        "schema_version": verification.schema_version,
        "record_sha256": verification.record_sha256,
        "run_id": None if manifest is None else manifest.run.run_id,
        "canonical_hash": None if manifest is None else manifest.canonical_hash,
        "step_index": verification.step_index,
        "step_id": None if step is None else step.step_id,
        "provider": None if step is None else step.provider,
        "model": None if step is None else step.model,
        "asset_id": None if asset is None else asset.asset_id,
        "sha256": None if asset is None else asset.sha256,
    }
