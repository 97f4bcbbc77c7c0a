"""Builds and installs the wheels as the README says, checks each of them, and runs programs from the wheels alone.

The README's own commands run in a copy of the tree and a fresh environment: ours come from the folder of wheels, what
they depend on comes from the index as usual.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path

from packaging.metadata import Metadata

ROOT = Path(__file__).resolve().parent.parent
NOTE = "console from-wheels"
"""Marks the block of the README that is run here."""

# The guide's first program, with OpenAI played on this machine.
VENDOR_PROGRAM = """\
import base64, os, struct, zlib
from genblaze.testing import Answer, VendorSimulator
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
picture = b"\\x89PNG\\r\\n\\x1a\\n" + header + chunk(b"IDAT", zlib.compress(bytes(2))) + chunk(b"IEND", b"")
with VendorSimulator() as vendor:
    answer = {{"data": [{{"b64_json": base64.b64encode(picture).decode()}}]}}
    vendor.on("POST", "/v1/images/generations", Answer(body=answer))
    os.environ.update(OPENAI_API_KEY="key", OPENAI_BASE_URL=vendor.url + "/v1")
    from {kernel} import Pipeline, Modality
    from genblaze_openai import DalleProvider
    result = Pipeline("my-first-pipeline").step(DalleProvider(output_dir="output/"), model="dall-e-3",
        prompt="a red fox sitting in a snowy forest, golden hour", modality=Modality.IMAGE).run()
    print(result.manifest.verify())
"""
FIRST_PROGRAM = """\
from genblaze_core import Pipeline, Modality
from genblaze_local import LocalImageProvider
result = Pipeline("first").step(LocalImageProvider(output_dir="output/"), model="local-image-1",
    prompt="a red fox sitting in a snowy forest, golden hour", modality=Modality.IMAGE).run()
print(result.manifest.verify())
"""
# A provider that `genblaze plugin new` wrote, by its name.
NEW_PLUGIN_PROGRAM = """\
from genblaze import Pipeline
print(Pipeline("new").step("acme", model="acme-1", prompt="a red fox").run().manifest.verify())
"""


class Environment:
    """A fresh virtual environment, and a copy of the tree to work in."""

    def __init__(self, scratch: Path) -> None:
        self.folder = scratch / "clone"
        shutil.copytree(
            ROOT, self.folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "output", "dist", "tests")
        )
        venv.create(scratch / "venv", with_pip=True)
        self._path = f"{scratch / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"

    def run(self, *command: str) -> str:
        """Runs a command without this process's Python settings and returns what it printed."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        environ = {**kept, "PATH": self._path}
        done = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            sys.exit(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def expect_true(self, program: str) -> None:
        """Runs a program whose last line says whether a manifest verified."""
        printed = self.run("python", "-c", program)
        if printed.split()[-1:] != ["True"]:
            sys.exit(f"the manifest does not verify: {printed!r}\n{program}")


def readme_commands() -> list[str]:
    """Returns the README's commands for building and installing wheels."""
    readme = (ROOT / "README.md").read_text("utf-8")
    (block,) = re.findall(rf"^```{NOTE}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def check_wheel(wheel: Path, version: str) -> None:
    """Ends the program if a wheel's metadata is invalid, or if it lacks what belongs into it."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (path,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = Metadata.from_email(archive.read(path), validate=True)
    stated = ("summary", "description", "requires_python", "license_expression", "license_files", "classifiers")
    missing = [what for what in stated if not getattr(metadata, what)]
    missing += [end for end in ("/py.typed", "/LICENSE") if not any(name.endswith(end) for name in names)]
    if str(metadata.version) != version:
        missing.append(f"the version {version}")
    if missing:
        sys.exit(f"{wheel.name}: lacks {', '.join(missing)}")
    print(f"{wheel.name}: {wheel.stat().st_size} bytes")


def check_installed(environment: Environment, version: str) -> None:
    """Ends the program if a distribution of ours came from somewhere else, or did not come."""
    listed = json.loads(environment.run("python", "-m", "pip", "list", "--format", "json"))
    ours = {each["name"]: each["version"] for each in listed if each["name"].startswith("genblaze")}
    if set(ours.values()) != {version} or not ours.keys() >= {"genblaze", "genblaze-openai", "genblaze-s3"}:
        sys.exit(f"installed are {ours}, not all of the version {version}")
    print("installed", *ours)


def main() -> None:
    """Runs all checks in a temporary folder."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    with tempfile.TemporaryDirectory() as scratch:
        environment = Environment(Path(scratch))
        for command in readme_commands():
            print("$", command)
            environment.run("bash", "-c", command)
        wheels = sorted((environment.folder / "dist").glob("*.whl"))
        for wheel in wheels:
            check_wheel(wheel, version)
        environment.run(sys.executable, "-m", "twine", "check", "--strict", *map(str, wheels))
        check_installed(environment, version)
        environment.expect_true(VENDOR_PROGRAM.format(kernel="genblaze"))
        environment.run("pip", "install", "--quiet", "--find-links", "dist", "genblaze-core", "genblaze-local")
        environment.expect_true(VENDOR_PROGRAM.format(kernel="genblaze_core"))
        environment.expect_true(FIRST_PROGRAM)
        environment.run("genblaze", "plugin", "new", "acme")
        environment.run("pip", "install", "--quiet", "--find-links", "dist", "./genblaze-acme")
        environment.expect_true(NEW_PLUGIN_PROGRAM)
        print(environment.run("genblaze", "verify", "output"), end="")


if __name__ == "__main__":
    main()
