"""Draws docs/how-to/live-view.svg: the live view as a real terminal showed it in the middle of a run.

A script of offline providers runs on a pseudo-terminal; what the terminal shows halfway through
becomes the picture. `python tools/live_view_picture.py` writes it; needs genblaze-local and pyte.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

import pyte
from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "how-to" / "live-view.svg"
COLUMNS, LINES = 92, 12

SCRIPT = """
from genblaze import Modality, Pipeline, ProviderErrorCode, RetryPolicy
from genblaze_local import LocalAudioProvider, LocalImageProvider

busy = RetryPolicy(max_attempts=3, initial_backoff_sec=0.2, jitter="none")
(
    Pipeline("fox film", max_concurrency=2)
    .step(LocalImageProvider(latency=0.5, price_usd=0.04), model="local-image-1", prompt="a fox", step_name="poster")
    .step(LocalAudioProvider(latency=4, price_usd=0.02), model="local-audio-1", modality=Modality.AUDIO,
          prompt="a calm winter evening", step_name="music")
    .step(LocalImageProvider(latency=4, price_usd=0.04, fail_times=1, failure=ProviderErrorCode.RATE_LIMIT,
                             retry_policy=busy), model="local-image-1", prompt="a wolf", step_name="cover")
    .step(LocalImageProvider(), model="local-image-1", prompt="the end", step_name="credits")
    .run()
)
"""


def screens(command: list[str], folder: str) -> list[tuple[str, list[list[pyte.screens.Char]]]]:
    """Runs a command on a terminal; returns every state that its screen was in, as text and as styled characters."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    ours, theirs = pty.openpty()
    settings = {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(LINES), "PYTHONUTF8": "1"}
    environ = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR")}
    process = subprocess.Popen(  # noqa: S603 - a command of ours
        command, cwd=folder, stderr=theirs, stdout=theirs, env={**environ, **settings}
    )
    os.close(theirs)
    seen = []
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # how a terminal says that it was hung up
            break
        stream.feed(chunk)
        rows = [[screen.buffer[row][column] for column in range(COLUMNS)] for row in range(LINES)]
        seen.append(("\n".join(screen.display), rows))
    os.close(ours)
    if process.wait():
        sys.exit("\n".join(screen.display))
    return seen


def styled(rows: list[list[pyte.screens.Char]]) -> Text:
    """Returns a screen as rich text."""
    text = Text()
    for row in rows:
        for char in row:
            text.append(char.data, style=f"{'bold ' if char.bold else ''}{colour(char.fg)}")
        text.append("\n")
    text.rstrip()
    return text


def colour(name: str) -> str:
    """Returns a colour as rich calls it: pyte knows names of its own, and digits for the rest."""
    if name == "default":
        return ""
    return (
        f"#{name}"
        if len(name) == 6 and all(char in "0123456789abcdef" for char in name)
        else name.replace("brown", "yellow")
    )


def main() -> None:
    """Writes the picture."""
    with tempfile.TemporaryDirectory() as folder:
        seen = screens([sys.executable, "-c", SCRIPT], folder)
    middle = [rows for text, rows in seen if "✓ poster" in text and "▸ cover" in text]
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(styled(middle[len(middle) // 2]))
    PICTURE.write_text(console.export_svg(title="fox_film.py"), encoding="utf-8")
    print(f"wrote {PICTURE}")


if __name__ == "__main__":
    main()
