"""Two virtual environments with nothing else in them: the published package, and this tree."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "benchmarks"
#: What both get beside the package itself.
BOTH = ("pillow>=11.0", "mutagen>=1.47")
PUBLISHED = ("genblaze-core==0.3.8", "genblaze-cli==0.3.6", "genblaze-s3==0.3.6")
OURS = (
    ".",
    "./plugins/genblaze-core",
    "./plugins/genblaze-media",
    "./plugins/genblaze-ffmpeg",
    "./plugins/genblaze-http",
    "./plugins/genblaze-otel",
    "./plugins/genblaze-s3",
)


def prepare() -> dict[str, Path]:
    """Make both environments, install this tree as it stands, and return their interpreters by name."""
    return {
        "published": published(),
        "ours": _environment("ours", [each for each in OURS if (ROOT / each).is_dir()], anew=True),
    }


def published() -> Path:
    """Make the environment of the published package; returns its interpreter."""
    return _environment("published", PUBLISHED, anew=False)


def _environment(name: str, packages: tuple[str, ...] | list[str], *, anew: bool) -> Path:
    folder = CACHE / name
    python = folder / "bin" / "python"
    made = not python.exists()
    if made:
        venv.create(folder, with_pip=True)
        _pip(python, *BOTH)
    if made or anew:
        # ours by path, in one command, so that none of them is taken from an index
        forced = ["--force-reinstall", "--no-deps"] if anew and not made else []
        _pip(python, *forced, *packages)
        _pip(python, "--upgrade-strategy=only-if-needed", *packages)
    return python


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
