"""Strangers' packages, installed with pip: found, used, chosen by one line of configuration, survived when broken."""

import json
import os
import re
import struct
import subprocess
import sys
import textwrap
import zlib

import pytest

from genblaze import hookspecs

pytestmark = pytest.mark.slow

PROVIDER = """
    from genblaze import Capability, hookimpl

    @hookimpl
    def provides():
        return [Capability(hook="generate", key="acme", summary="Acme images", modalities=("image",))]

    @hookimpl
    def generate(request, context):
        from genblaze.jobs import Generation
        from genblaze.models.asset import Asset

        class Job:
            def submit(self):
                path = context.path_for(request.step_id, ".acme")
                path.write_bytes(b"ACME" + request.prompt.encode())
                return Generation(assets=(Asset(url=path.absolute().as_uri(), media_type="image/x-acme"),))

        return Job()
"""

PNG_AT_THE_END = """
    from genblaze import Capability, hookimpl
    from genblaze.layout import Copy, EditPlan, Layout, Literal, decode_record, encode_record

    @hookimpl
    def provides():
        return [Capability(hook="embed_manifest", key="image/png", magic=("89504e470d0a1a0a",))]

    @hookimpl
    def inspect_media(reader):
        content, *found = reader.read_at(0, reader.size).split(b"MINE")
        if not found:
            return Layout(media_type="image/png", size=reader.size)
        return Layout(
            media_type="image/png", size=reader.size, payload=found[0], record=decode_record(found[1]),
            restores=(EditPlan((Copy(0, len(content)),)),),
        )

    @hookimpl
    def embed_manifest(layout, payload, record):
        return EditPlan((Copy(0, layout.size), Literal(b"MINE" + payload + b"MINE" + encode_record(record))))
"""

BROKEN = "raise RuntimeError('no licence found')"


def example_of(hook):
    """The first complete plugin in a hook's documentation."""
    return re.search(r"```python\n(.*?)```", hook.__doc__, re.DOTALL)[1]


PACKAGES = {
    "acme-provider": PROVIDER,
    "my-png": PNG_AT_THE_END,
    "new-format": example_of(hookspecs.inspect_media),
    "broken": BROKEN,
}


def write_package(folder, name, code):
    module = f"third_{name.replace('-', '_')}"
    (folder / module).mkdir(parents=True)
    (folder / module / "__init__.py").write_text('"""A stranger."""\n', encoding="utf-8")
    (folder / module / "_plugin.py").write_text(textwrap.dedent(code), encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        f"""
[build-system]
requires = ["flit_core>=3.11"]
build-backend = "flit_core.buildapi"

[project]
name = "third-{name}"
version = "0.7"
description = "A stranger's package"

[project.entry-points.genblaze]
{name} = "{module}._plugin"
""",
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder into which pip installed the strangers."""
    root = tmp_path_factory.mktemp("strangers")
    for name, code in PACKAGES.items():
        write_package(root / name, name, code)
    sources = [str(root / name) for name in PACKAGES]
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(root / "site")]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *options]
    subprocess.run([*pip, *sources], check=True, timeout=120)
    return root / "site"


@pytest.fixture
def run(site, tmp_path):
    """Runs Python in a folder of its own, in an environment where the strangers are installed."""

    def run(*arguments, **environ):
        path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
        variables = {**os.environ, "PYTHONPATH": path, "HOME": str(tmp_path), **environ}
        return subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=60
        )

    return run


def genblaze(run, *arguments, **environ):
    """What a command prints; it must succeed."""
    done = run("-m", "genblaze", *arguments, **environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(run, **environ):
    document = json.loads(genblaze(run, "plugins", "--json", **environ))
    return {each["name"]: each for each in document["plugins"]}, document["selected"]


def write_png(path):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\x7f")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


# Runs the stranger's provider by name, and prints what happened.
PROGRAM = """
from genblaze import Modality, Pipeline
result = Pipeline("third").step("acme", model="m1", prompt="a fox", modality=Modality.IMAGE).run()
step = result.run.steps[0]
print(step.provider, step.status.value, result.manifest.verify())
print(result.local_path(step.assets[0]))
"""

# Embeds a manifest of the file's own digest, with whatever plugin is selected.
EMBED = """
import hashlib, pathlib, sys
from genblaze.embedding import embed_manifest
from genblaze.models.asset import Asset
from genblaze.models.manifest import Manifest
from genblaze.models.run import Run
from genblaze.models.step import Step
path = pathlib.Path(sys.argv[1])
data = path.read_bytes()
asset = Asset(url=path.absolute().as_uri(), media_type="image/png", sha256=hashlib.sha256(data).hexdigest())
step = Step(provider="p", model="m", assets=[asset])
result = embed_manifest(path, Manifest.from_run(Run(name="r", steps=[step])))
print(result.embed_error, file=sys.stderr)
print(result.method, path.read_bytes().startswith(data), b"MINE" in path.read_bytes())
"""


def test_a_strangers_provider_is_listed_and_makes_files_under_its_name(run):
    plugins, selected = installed(run)
    assert plugins["acme-provider"]["distribution"] == "third-acme-provider"
    assert plugins["acme-provider"]["version"] == "0.7"
    assert {"hook": "generate", "key": "acme", "plugin": "acme-provider", "reason": "only one"} in selected
    done = run("-c", PROGRAM)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "acme succeeded True"


def test_a_format_never_heard_of_is_recognised_by_its_magic_embedded_and_verified(run, tmp_path):
    path = tmp_path / run("-c", PROGRAM).stdout.splitlines()[1]
    assert path.read_bytes().startswith(b"ACMEa fox")
    assert path.read_bytes().endswith(b"GBLZ")
    renamed = path.rename(tmp_path / "no suffix tells what this is")
    assert "exact" in genblaze(run, "verify", str(renamed))
    genblaze(run, "strip", str(renamed))
    assert renamed.read_bytes() == b"ACMEa fox"


def test_a_changed_byte_of_that_format_does_not_verify(run, tmp_path):
    path = tmp_path / run("-c", PROGRAM).stdout.splitlines()[1]
    path.write_bytes(path.read_bytes().replace(b"ACMEa fox", b"ACMEa dog"))
    assert run("-m", "genblaze", "verify", str(path)).returncode == 1


@pytest.mark.needs_plugins
def test_one_line_of_configuration_replaces_the_png_embedder(run, tmp_path):
    path = tmp_path / "picture.png"
    write_png(path)
    undecided = run("-c", EMBED, "picture.png")
    assert 'Decide with [select.embed] "image/png" = ' in undecided.stderr
    (tmp_path / "genblaze.toml").write_text('select.embed."image/png" = "my-png"', encoding="utf-8")
    done = run("-c", EMBED, "picture.png")
    assert done.stdout.split() == ["inline", "True", "True"], done.stderr
    _, selected = installed(run)
    chosen = next(each for each in selected if (each["hook"], each["key"]) == ("embed_manifest", "image/png"))
    assert (chosen["plugin"], chosen["reason"]) == ("my-png", "config [select.embed] image/png")


def test_a_plugin_that_raises_at_import_breaks_nothing_and_is_shown_as_failed(run):
    plugins, _ = installed(run)
    broken = plugins["broken"]
    assert (broken["status"], broken["distribution"]) == ("failed", "third-broken")
    assert broken["error"] == "RuntimeError: no licence found"
    assert plugins["acme-provider"]["status"] == "loaded"


def test_a_broken_plugin_that_is_disabled_is_not_even_imported(run):
    plugins, _ = installed(run, GENBLAZE_DISABLE_PLUGINS="third-broken")
    assert plugins["broken"]["status"] == "blocked"


def test_a_strict_setting_makes_a_broken_plugin_an_error(run):
    done = run("-m", "genblaze", "plugins", GENBLAZE_STRICT_PLUGINS="1")
    assert done.returncode == 1
    assert "Error: Plugin broken (third-broken 0.7) is not available: RuntimeError: no licence found" in done.stderr
