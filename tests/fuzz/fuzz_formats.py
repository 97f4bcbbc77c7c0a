"""Coverage-guided fuzzing of every installed format plugin: `python tests/fuzz/fuzz_formats.py CORPUS [options]`.

Whatever the bytes: looking at them raises nothing, nothing of what the fuzzer makes is called exact, and a manifest
that is put into or beside them proves them and comes out again, leaving them as they were. See README.md beside this.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "samples"))

with atheris.instrument_imports(include=["genblaze_media", "genblaze.layout", "genblaze.embedding.edits"]):
    from sample_media import manifest_of
    from smallest_media import SMALLEST

    from genblaze.embedding import embed_manifest, extract_manifest, inspect_file, sidecar_path, strip_manifest
    from genblaze.errors import EmbeddingError
    from genblaze.verifying import Verdict, verify_file
    from genblaze_media import aac, bmff, flac, gif, jpeg, mp3, ogg, png, wav, webp  # noqa: F401 - else imported later

FOLDER = Path(tempfile.mkdtemp(prefix="genblaze-fuzz-"))
FILE = FOLDER / "a file"
KNOWN: set[bytes] = set()


def embedded(content: bytes) -> bytes:
    FILE.write_bytes(content)
    embed_manifest(FILE, manifest_of(content))
    return FILE.read_bytes()


def write_seeds(corpus: Path) -> None:
    """A plain and an embedded file of each format; the fuzzer keeps what it finds beside them."""
    corpus.mkdir(parents=True, exist_ok=True)
    for content in SMALLEST.values():
        for data in (content, embedded(content)):
            (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def check(data: bytes) -> None:
    """One input through verify, embed, verify, strip."""
    sidecar_path(FILE).unlink(missing_ok=True)
    FILE.write_bytes(data)
    if verify_file(FILE).verdict is Verdict.EXACT and hashlib.sha256(data).digest() not in KNOWN:
        msg = "a file that nobody embedded into is called exact"
        raise AssertionError(msg)
    result = embed_manifest(FILE, manifest_of(data))
    if result.method == "sidecar" and _holds_a_block():
        return  # a block in the file comes before what lies beside it, whole or not
    assert verify_file(FILE).verdict is Verdict.EXACT, result.method
    assert extract_manifest(FILE).verify_hash()
    if result.method == "inline":
        strip_manifest(FILE)
        assert FILE.read_bytes() == data, result.method


def _holds_a_block() -> bool:
    try:
        layout = inspect_file(FILE)
    except EmbeddingError:
        return False
    return layout.payload is not None or layout.damage is not None


def main() -> None:
    """Fuzz, with the arguments of libFuzzer."""
    folders = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if folders and not Path(folders[0]).is_file():  # a file is an input to be run once more
        write_seeds(Path(folders[0]))
        seeds = Path(folders[0]).iterdir()
        KNOWN.update(hashlib.sha256(each.read_bytes()).digest() for each in seeds)
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
