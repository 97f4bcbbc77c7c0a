"""Finds ffmpeg and runs it: a list of arguments, no shell, nothing to read but files, and an end in any case."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from genblaze.errors import ProviderError
from genblaze.models import ProviderErrorCode

#: Names the program, where it is not on the PATH.
VARIABLE: Final = "FFMPEG"
#: How every call begins.
QUIETLY: Final = ("-hide_banner", "-nostdin", "-nostats", "-y")
_KEPT_BYTES: Final = 16_384
_MOST_QUOTED: Final = 350  # a step's error has room for it
_TIME = re.compile(rb"out_time_us=(\d+)")


def find_ffmpeg(asked: str = "ffmpeg") -> str:
    """The program: what was asked for, else what FFMPEG names, the one on the PATH, that of the wheel imageio-ffmpeg.

    Args:
        asked: A name or a path; `ffmpeg` leaves the choice open.

    Raises:
        ProviderError: There is none; the text says how to install it.
    """
    named = asked if asked != "ffmpeg" else os.environ.get(VARIABLE, "")
    found = shutil.which(named or "ffmpeg") or (None if named else _of_wheel())
    if found is None:
        where = f"{named!r} is no program on this machine" if named else "there is no ffmpeg on this machine"
        msg = (
            f"{where}. Install it (apt install ffmpeg, brew install ffmpeg, or pip install 'genblaze-ffmpeg[ffmpeg]'), "
            f"or set {VARIABLE} to its path"
        )
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
    return found


def _of_wheel() -> str | None:
    with contextlib.suppress(ImportError, RuntimeError):  # RuntimeError: the wheel came without its program
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    return None


class Said(NamedTuple):
    """What ffmpeg wrote: to the standard output all of it, to the standard error the last lines."""

    output: bytes
    errors: str


class Program:
    """ffmpeg within its bounds.

    Args:
        path: The program.
        timeout: Seconds that one call may take.
        folder: Working folder of each call.
    """

    def __init__(self, path: str, timeout: float, folder: Path) -> None:
        self.path = path
        self.timeout = timeout
        self.folder = folder

    async def run(
        self, arguments: list[str], *, names: Mapping[str, str], tell: Callable[[float], None] | None = None
    ) -> Said:
        """Run ffmpeg to its end; when nobody waits any more it is killed, and gone when this returns.

        Args:
            arguments: Behind those that every call begins with.
            names: How messages call the paths among the arguments.
            tell: Told how many seconds are written, where the arguments ask ffmpeg for `-progress pipe:1`.

        Raises:
            ProviderError: It failed, or took too long.
        """
        process = await asyncio.create_subprocess_exec(
            self.path,
            *QUIETLY,
            *arguments,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            cwd=self.folder,
            start_new_session=True,  # Ctrl-C reaches us, and we decide what happens to it
        )
        try:
            async with asyncio.timeout(self.timeout):
                said = await _listen(process, tell)
        except TimeoutError:
            msg = f"ffmpeg took longer than {self.timeout:g} s and was stopped. Give the provider a longer timeout="
            raise ProviderError(msg, error_code=ProviderErrorCode.TIMEOUT) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise _failure(process.returncode, said.errors, names)
        return said


async def _listen(process: Process, tell: Callable[[float], None] | None) -> Said:
    assert process.stdout is not None  # noqa: S101 - started with pipes
    assert process.stderr is not None  # noqa: S101 - as above
    output, errors = await asyncio.gather(_told(process.stdout, tell), _last(process.stderr))
    await process.wait()
    return Said(output, errors.decode("utf-8", "replace"))


async def _told(stream: asyncio.StreamReader, tell: Callable[[float], None] | None) -> bytes:
    """The last of what a stream gives, with what it tells about progress passed on."""
    kept = b""
    while part := await stream.read(_KEPT_BYTES):
        kept = (kept + part)[-_KEPT_BYTES:]
        if tell is not None and (times := _TIME.findall(part)):
            tell(int(times[-1]) / 1e6)
    return kept


async def _last(stream: asyncio.StreamReader) -> bytes:
    return await _told(stream, None)


def _failure(code: int, said: str, names: Mapping[str, str]) -> ProviderError:
    """The error of a call that failed, with ffmpeg's last lines; paths of this machine stay out of it."""
    for path, name in names.items():
        said = said.replace(f"file:{path}", name).replace(path, name)
    quoted = " ".join(said.split())[-_MOST_QUOTED:] or "it said nothing"
    hints = {
        "Unknown encoder": "This ffmpeg was built without that encoder: install a complete one",
        "No such filter": "This ffmpeg was built without that filter: install a complete one",
        "Cannot find a valid font": "Install a font (apt install fonts-dejavu-core), or pass font= to FFmpegTransform",
    }
    hint = next((f". {text}" for sign, text in hints.items() if sign in said), "")
    msg = f"ffmpeg failed with exit code {code}: {quoted}{hint}"
    return ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
