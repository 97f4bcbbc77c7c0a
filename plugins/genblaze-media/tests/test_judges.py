"""Programs of others judge what was embedded: ExifTool its structure, libheif its pixels."""

import io
import json
import shutil
import subprocess

import pillow_heif
import pytest
from PIL import Image
from sample_media import manifest_of, saved
from smallest_media import SMALLEST

from genblaze.config import Config
from genblaze.embedding import embed_manifest, strip_manifest
from genblaze.plugins import PluginManager
from genblaze.verifying import Verdict, verify_file

PLUGINS = PluginManager(Config())
PICTURE = Image.effect_mandelbrot((96, 64), (-3, -2.5, 2, 2.5), 100).convert("RGB")
OTHER_XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="uuid:1"'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
HEIF = {
    "plain": {},
    "with metadata": {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0", "xmp": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"},
    "with a preview": {"thumbnails": [32]},
    "two pictures": {"save_all": True, "append_images": list(pillow_heif.from_pillow(PICTURE.rotate(180)))},
}


def heic(**save: object) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(PICTURE).save(buffer, **save)
    return buffer.getvalue()


def with_xmp(form: str) -> bytes:
    buffer = io.BytesIO()
    PICTURE.save(buffer, form, xmp=OTHER_XMP)
    return buffer.getvalue()


def found_by_exiftool(folder):
    """What ExifTool says is wrong, by file."""
    command = ["exiftool", "-json", "-a", "-G1", "-validate", "-warning", "-error", *sorted(folder.iterdir())]
    output = subprocess.run(command, check=False, capture_output=True, timeout=120).stdout
    ignored = {"SourceFile", "ExifTool:Validate"}  # its summary of the others
    return {
        each["SourceFile"].rpartition("/")[2]: {item for item in each.items() if item[0] not in ignored}
        for each in json.loads(output)
    }


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="ExifTool (Debian: libimage-exiftool-perl) is missing")
def test_exiftool_finds_nothing_wrong_that_was_not_before(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    contents = {media_type.replace("/", " "): data for media_type, data in SMALLEST.items()}
    contents |= {f"{name} heic": heic(**save) for name, save in HEIF.items()}
    contents |= {f"xmp {form}": with_xmp(form) for form in ("JPEG", "WEBP")}
    for folder in (before, after):
        folder.mkdir()
        for name, content in contents.items():
            path = saved(folder, content, name)
            if folder == after:
                assert embed_manifest(path, manifest_of(content), plugins=PLUGINS).method == "inline"
    known = found_by_exiftool(before)
    new = {name: found - known[name] for name, found in found_by_exiftool(after).items()}
    assert new.keys() == known.keys()
    assert not any(new.values()), new


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="ExifTool (Debian: libimage-exiftool-perl) is missing")
@pytest.mark.parametrize("kind", HEIF)
def test_metadata_that_exiftool_adds_leave_the_picture_proved_and_outlive_the_manifest(tmp_path, kind):
    content = heic(**HEIF[kind])
    path = saved(tmp_path, content, "a.heic")
    before = pixels(path)
    assert embed_manifest(path, manifest_of(content), plugins=PLUGINS).method == "inline"
    command = ["exiftool", "-q", "-overwrite_original", "-XMP-dc:Creator=Somebody", path]
    subprocess.run(command, check=True, timeout=60)
    assert verify_file(path, plugins=PLUGINS).verdict is Verdict.ESSENCE
    strip_manifest(path, plugins=PLUGINS)
    assert pixels(path) == before
    assert b"Somebody" in pillow_heif.open_heif(path).info["xmp"]


@pytest.mark.parametrize("kind", HEIF)
def test_libheif_decodes_the_same_pixels_and_metadata(tmp_path, kind):
    content = heic(**HEIF[kind])
    path = saved(tmp_path, content, "a.heic")
    before = decoded(path)
    assert embed_manifest(path, manifest_of(content), plugins=PLUGINS).method == "inline"
    assert path.read_bytes() != content
    assert decoded(path) == before


def pixels(path):
    return [bytes(each.data) for each in pillow_heif.open_heif(path)]


def decoded(path):
    opened = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    kept = ("exif", "xmp", "thumbnails", "primary")
    return [(each.size, bytes(each.data), {key: each.info.get(key) for key in kept}) for each in opened]
