"""Builds every wheel of the tree, checks its metadata, and runs the first program from the wheels alone.

The wheels go into a clean environment by path, so that none of ours can come from an index; what they depend
on comes from the index as usual.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

from packaging.metadata import Metadata

ROOT = Path(__file__).resolve().parent.parent
INSTALLED = (
    "genblaze",
    "genblaze-core",
    "genblaze-media",
    "genblaze-otel",
    "genblaze-local",
    "genblaze-http",
    "genblaze-openai",
)
FIRST_PROGRAM = """\
from genblaze_core import Pipeline, Modality
from genblaze_local import LocalImageProvider
result = Pipeline("first").step(LocalImageProvider(output_dir="output/"), model="local-image-1",
    prompt="a red fox sitting in a snowy forest, golden hour", modality=Modality.IMAGE).run()
asset = result.run.steps[0].assets[0]
print(asset.url, asset.sha256, result.manifest.canonical_hash, result.manifest.verify())
"""
# The first program of the user guide, with OpenAI played on this machine.
VENDOR_PROGRAM = """\
import base64, glob, os
from genblaze.testing import Answer, VendorSimulator
with VendorSimulator() as vendor:
    picture = base64.b64encode(open(glob.glob("output/*.png")[0], "rb").read()).decode()
    vendor.on("POST", "/v1/images/generations", Answer(body={"data": [{"b64_json": picture}]}))
    os.environ.update(OPENAI_API_KEY="key", OPENAI_BASE_URL=vendor.url + "/v1")
    from genblaze_core import Pipeline, Modality
    from genblaze_openai import DalleProvider
    result = Pipeline("my-first-pipeline").step(DalleProvider(output_dir="output/"), model="dall-e-3",
        prompt="a red fox sitting in a snowy forest, golden hour", modality=Modality.IMAGE).run()
    print(result.manifest.verify())
"""
# A provider that `genblaze plugin new` wrote, by its name.
NEW_PLUGIN_PROGRAM = """\
from genblaze import Pipeline
print(Pipeline("new").step("acme", model="acme-1", prompt="a red fox").run().manifest.verify())
"""


def call(*command: str | Path, folder: Path = ROOT) -> str:
    """Runs a command without this environment's Python settings and returns what it printed."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(  # noqa: S603
        [str(part) for part in command], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def check_metadata(wheel: Path) -> None:
    """Raises if the wheel's metadata is invalid, or if it lacks its description or its type marker."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (path,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = Metadata.from_email(archive.read(path), validate=True)
    missing = [what for what in ("summary", "description", "requires_python") if not getattr(metadata, what)]
    if not any(name.endswith("/py.typed") for name in names):
        missing.append("py.typed")
    if missing:
        sys.exit(f"{wheel.name}: lacks {', '.join(missing)}")


def build_wheels(target: Path) -> list[Path]:
    """Builds one wheel for each project of the tree, with the build backend of this environment."""
    for folder in [ROOT, *(path.parent for path in sorted(ROOT.glob("*/genblaze-*/pyproject.toml")))]:
        call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, folder)
    return sorted(target.glob("*.whl"))


def check_program(wheels: list[Path], folder: Path) -> None:
    """Installs the first-run wheels alone, runs the program, and verifies the file that it made."""
    prefixes = tuple(f"{name.replace('-', '_')}-" for name in INSTALLED)
    venv.create(folder / "venv", with_pip=True)
    binaries = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    wanted = [wheel for wheel in wheels if wheel.name.startswith(prefixes)]
    call(binaries / "python", "-m", "pip", "install", "--quiet", *wanted)
    url, sha256, canonical_hash, verified = call(binaries / "python", "-c", FIRST_PROGRAM, folder=folder).split()
    if not url.startswith("file://") or len(sha256) != 64 or len(canonical_hash) != 64 or verified != "True":
        sys.exit(f"the first program printed {url} {sha256} {canonical_hash} {verified}")
    if call(binaries / "python", "-c", VENDOR_PROGRAM, folder=folder).split() != ["True"]:
        sys.exit("the guide's first program did not give a manifest that verifies")
    check_new_plugin(binaries, folder)
    print(call(binaries / "genblaze", "verify", "output", folder=folder), end="")


def check_new_plugin(binaries: Path, folder: Path) -> None:
    """Writes a plugin's package with the installed program, installs it, and uses it."""
    call(binaries / "genblaze", "plugin", "new", "acme", folder=folder)
    call(binaries / "python", "-m", "pip", "install", "--quiet", "./genblaze-acme", folder=folder)
    if call(binaries / "python", "-c", NEW_PLUGIN_PROGRAM, folder=folder).split() != ["True"]:
        sys.exit("a provider that `genblaze plugin new` wrote did not give a manifest that verifies")


def main() -> None:
    """Runs all checks in a temporary folder."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        wheels = build_wheels(folder / "wheels")
        for wheel in wheels:
            check_metadata(wheel)
            print(f"{wheel.name}: {wheel.stat().st_size} bytes")
        check_program(wheels, folder)


if __name__ == "__main__":
    main()
