"""What the commands share: which index they ask, and how they print what others have written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from genblaze_gallery.index import Index

__all__ = ["existing_index", "file_of_index", "index_option", "printable"]

INDEX_FILE: Final = Path(".genblaze", "index.db")
"""The index, in the output folder."""

index_option = click.option(
    "--index",
    "index_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The index; {INDEX_FILE} in the output folder unless given.",
)


def file_of_index(file: Path | None) -> Path:
    """Where the index is: where it was said to be, or else in the output folder."""
    from genblaze.config import load_config

    return file or Path(load_config().output_dir) / INDEX_FILE


def existing_index(file: Path | None) -> Index:
    """The index, to be asked.

    Raises:
        GenblazeError: There is none.
    """
    from genblaze import GenblazeError
    from genblaze_gallery.index import Index

    path = file_of_index(file)
    if not path.is_file():
        msg = f"There is no index at {path}. Make one with `genblaze index FOLDER`, or name another file with --index"
        raise GenblazeError(msg)
    return Index(path)


def printable(text: object) -> str:
    r"""`text` with every control character (escape sequences, line breaks …) written as `\\x1b` and the like."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in str(text))
