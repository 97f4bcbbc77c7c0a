"""What `genblaze verify` does about things that lie elsewhere: it looks at a copy that is gone afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from genblaze.errors import GenblazeError
from genblaze.file_urls import is_url, path_of
from genblaze.verifying import Verdict, Verification, verify_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import ExitStack

    from genblaze.models.asset import Asset
    from genblaze.pulling import StoredRun

__all__ = ["StoredOutput", "paths_or_urls", "stored_outputs", "verify_copy", "verify_stored_output"]


def paths_or_urls(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[Path | str, ...]:
    """Files and folders that exist, as paths; URLs of what lies elsewhere, as they are."""
    existing = click.Path(exists=True, path_type=Path)
    local = (path_of(value) if value.startswith("file:") else value for value in values)
    return tuple(value if is_url(str(value)) else existing.convert(value, param, ctx) for value in local)


class StoredOutput(NamedTuple):
    """An output that a stored manifest names."""

    run: StoredRun
    asset: Asset


def stored_outputs(addresses: Iterable[Path | str], stack: ExitStack) -> Iterator[StoredOutput]:
    """What the manifests at these addresses name; the stack closes what is opened for it."""
    from genblaze.plugins import default_plugins
    from genblaze.pulling import StoredRun

    for address in addresses:
        run = stack.enter_context(StoredRun(str(address), default_plugins()))
        yield from (StoredOutput(run, asset) for asset in run.outputs)


def verify_stored_output(output: StoredOutput) -> Verification:
    """Read an output where it is stored, and compare it with what the manifest says of it."""
    import tempfile

    run, asset = output
    with tempfile.TemporaryDirectory(prefix="genblaze-") as folder:
        copy = Path(folder, "object")
        try:
            run.bring(asset, copy)
        except GenblazeError as error:
            return Verification(path=asset.url, verdict=Verdict.UNREADABLE, message=str(error))
        found = msgspec.structs.replace(verify_file(copy, detached=run.document), path=asset.url)
    if found.ok and found.asset is not None and found.asset.sha256 != asset.sha256:
        message = f"another output of the run lies there: {found.asset.asset_id}"
        return msgspec.structs.replace(found, verdict=Verdict.FOREIGN, message=message)
    return found


def verify_copy(url: str, verify: Callable[[Path], Verification | None]) -> Verification | None:
    """Verify a copy of what a URL names, and tell the outcome of the URL."""
    from genblaze.plugins import default_plugins
    from genblaze.pulling import temporary_copy

    try:
        with temporary_copy(url, default_plugins()) as copy:
            found = verify(copy)
    except GenblazeError as error:
        return Verification(path=url, verdict=Verdict.UNREADABLE, message=str(error))
    return None if found is None else msgspec.structs.replace(found, path=url)
