"""Wheels to install from without an index: ours, freshly built, and those of what is installed here, packed again."""

import base64
import csv
import hashlib
import io
import os
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
BUILD = """
import os, sys
from flit_core import buildapi
for project in sys.argv[2:]:
    os.chdir(project)
    buildapi.build_wheel(sys.argv[1])
"""
LEFT_OUT = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def wheelhouse(folder: Path, *installed: str, projects: tuple[Path, ...] = (ROOT,)) -> Path:
    """Fill a folder with wheels of projects of this tree, and of installed distributions with all that they need."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", BUILD, str(folder), *map(str, projects)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    done: set[str] = set()
    waiting = [*installed, *needs(distribution("genblaze"))]
    while waiting:
        found = distribution(waiting.pop())
        if found.name not in done:
            done.add(found.name)
            waiting += needs(found)
            pack(found, folder)
    return folder


def needs(found: Distribution) -> list[str]:
    """What a distribution requires here, extras left out."""
    wanted = map(Requirement, found.requires or [])
    return [each.name for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]


def pack(found: Distribution, folder: Path) -> None:
    """Write an installed distribution as the wheel that it was installed from."""
    tags = [line.partition(":")[2].strip() for line in found.read_text("WHEEL").splitlines() if line.startswith("Tag:")]
    name = f"{found.name.replace('-', '_').replace('.', '_')}-{found.version}-{tags[0]}.whl"
    rows, record = [], None
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_STORED) as wheel:
        for path in found.files or ():
            if path.name == "RECORD":
                record = str(path)
            if ".." in path.parts or path.name in LEFT_OUT or path.suffix == ".pyc":
                continue
            content = Path(str(path.locate())).read_bytes()
            wheel.writestr(str(path), content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.append((str(path), f"sha256={digest}", len(content)))
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([*rows, (record, "", "")])
        wheel.writestr(str(record), text.getvalue())


def offline(wheels: Path) -> dict[str, str]:
    """This process's variables without Python's, and with those by which pip installs from a folder of wheels alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "PIP_"))}
    pip = {"NO_INDEX": "1", "FIND_LINKS": str(wheels), "DISABLE_PIP_VERSION_CHECK": "1", "NO_COMPILE": "1"}
    return {**kept, **{f"PIP_{name}": value for name, value in pip.items()}}


def fresh_environment(folder: Path, wheels: Path) -> dict[str, str]:
    """Make a virtual environment; gives the variables under which `python` and `pip` are its own, and offline."""
    venv.create(folder, with_pip=True)
    return {**offline(wheels), "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
