"""`genblaze verify`: proves that files are what their manifests say, and tells which step made them."""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import click

from genblaze.cli.terminal import printable
from genblaze.sidecars import SIDECAR_SUFFIX, sidecar_path
from genblaze.verifying import Verdict, Verification, verify_file, verify_manifest_file

__all__ = ["command"]

FAILED: Final = 1
NOTHING_TO_VERIFY: Final = 3

_COLOURS: Final = {Verdict.EXACT: "green", Verdict.ESSENCE: "yellow", Verdict.NO_MANIFEST: "yellow"}
_WIDTH: Final = max(map(len, Verdict))
_UNKNOWN_TYPE: Final = "application/octet-stream"


@click.command("verify", short_help="Check that files are what their manifests say.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing about files that are exact.")
@click.option("--hash-only", is_flag=True, help="Check the manifests alone, not the content of the files.")
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], *, as_json: bool, quiet: bool, hash_only: bool) -> None:
    """Check that files are what their manifests say, offline; folders are searched for media.

    A file is "exact" when its manifest is intact and its content, byte for byte, one of the outputs that the
    manifest lists. Other verdicts: "essence" (pixels or samples are, but the file around them was edited),
    "altered", "foreign" (the manifest belongs to another file), "manifest_altered", "no_manifest",
    "unreadable". A JSON file that is itself a manifest is checked as such.

    Exit code: 0 all exact, 1 anything wrong, 2 wrong usage, 3 nothing wrong, but some file has no manifest.
    """
    counts: Counter[Verdict] = Counter()
    documents: list[dict[str, Any]] = []
    for verification in _verifications(paths, hash_only=hash_only):
        counts[verification.verdict] += 1
        if as_json:
            documents.append(_document(verification))
        elif not (quiet and verification.ok):
            click.echo(_line(verification))
    if as_json:
        click.echo(json.dumps({"counts": dict(sorted(counts.items())), "files": documents}, indent=2))
    elif not counts:
        click.echo("There is no media file to verify.", err=True)
    ctx.exit(_exit_code(counts))


def _exit_code(counts: Counter[Verdict]) -> int:
    if set(counts) - {Verdict.EXACT, Verdict.NO_MANIFEST}:
        return FAILED
    return 0 if counts and not counts[Verdict.NO_MANIFEST] else NOTHING_TO_VERIFY


def _verifications(paths: Iterable[Path], *, hash_only: bool) -> Iterator[Verification]:
    for path in paths:
        if path.is_dir():
            for found in _files_below(path):
                verification = verify_file(found, hash_only=hash_only)
                if verification.verdict != Verdict.NO_MANIFEST or verification.media_type != _UNKNOWN_TYPE:
                    yield verification
        else:
            manifest = verify_manifest_file(path) if path.suffix.lower() == ".json" else None
            yield manifest or verify_file(path, hash_only=hash_only)


def _files_below(folder: Path) -> Iterator[Path]:
    """Files that may be media, in a steady order; what belongs to genblaze itself is passed over."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".genblaze")
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
        "run_id": None if manifest is None else manifest.run.run_id,
        "canonical_hash": None if manifest is None else manifest.canonical_hash,
        "step_index": verification.step_index,
        "step_id": None if step is None else step.step_id,
        "provider": None if step is None else step.provider,
        "model": None if step is None else step.model,
        "asset_id": None if asset is None else asset.asset_id,
        "sha256": None if asset is None else asset.sha256,
    }
