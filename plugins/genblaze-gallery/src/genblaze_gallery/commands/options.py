"""What the commands share: which index they ask, and how they print what others have written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from genblaze_gallery.index import Index

__all__ = ["index_option", "open_index", "printable"]

INDEX_FILE: Final = Path(".genblaze", "index.db")
"""The index, in the output folder."""

index_option = click.option(
    "--index",
    "index_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The index; {INDEX_FILE} in the output folder unless given.",
)


@contextmanager
def open_index(file: Path | None, *, anew: bool = False) -> Iterator[tuple[Index, list[str]]]:
    """The index, and the places it knows; the output folder where it knows none.

    Args:
        file: The index; the one in the output folder unless given.
        anew: Throw away what is in it, except for the places.
    """
    from genblaze.config import load_config
    from genblaze_gallery.index import Index

    output_dir = Path(load_config().output_dir)
    with Index(file or output_dir / INDEX_FILE) as index:
        places = index.places()
        if anew:
            index.clear()
        yield index, places or [str(output_dir)]


def printable(text: object) -> str:
    r"""`text` with every control character (escape sequences, line breaks …) written as `\\x1b` and the like."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in str(text))
