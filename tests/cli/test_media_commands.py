"""`genblaze verify`, `extract`, `strip` and `embed`, as people and scripts call them."""

import contextlib
import json
import os
import pty
import re
import threading
from pathlib import Path

import pytest
from sample_media import manifest_of, saved, sha256, toy, toy_plugins

from genblaze.cli.main import run
from genblaze.embedding import embed_manifest, extract_document, sidecar_path
from genblaze.models.manifest import parse_manifest
from genblaze.plugins import set_default_plugins

CONTENT = toy(b"a picture")


@pytest.fixture(autouse=True)
def plugins():
    previous = set_default_plugins(toy_plugins())
    yield
    set_default_plugins(previous)


@pytest.fixture
def call(capsys):
    def _call(*arguments):
        code = run([str(each) for each in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _call


@pytest.fixture
def exact(tmp_path):
    path = saved(tmp_path, CONTENT)
    embed_manifest(path, manifest_of(CONTENT))
    return path


def test_an_exact_file_is_one_line_and_exit_code_0(call, exact):
    code, out, err = call("verify", exact)
    assert (code, err) == (0, "")
    assert out.split() == ["exact", str(exact), "step", "0", "acme/brush-1", sha256(CONTENT)[:12]]


def test_quiet_speaks_only_of_what_is_not_exact(call, exact, tmp_path):
    saved(tmp_path, CONTENT, "bare.toy")
    code, out, _ = call("verify", "--quiet", tmp_path)
    assert code == 3
    assert out.startswith("no_manifest")
    assert out.count("\n") == 1


@pytest.mark.parametrize("change", [(b"a picture", b"b picture"), (b"comment", b"COMMENT"), (b"acme", b"Acme")])
def test_anything_wrong_is_exit_code_1(call, exact, tmp_path, change):
    saved(tmp_path, CONTENT, "bare.toy")
    exact.write_bytes(exact.read_bytes().replace(*change))
    assert call("verify", exact, tmp_path / "bare.toy")[0] == 1


def test_a_missing_path_is_wrong_usage(call, tmp_path):
    assert call("verify", tmp_path / "gone.toy")[0] == 2
    assert call("verify")[0] == 2


def test_a_folder_is_searched_for_media_and_manifests(call, exact, tmp_path):
    text = saved(tmp_path, b"text", "a.txt")
    embed_manifest(text, manifest_of(b"text"))
    saved(tmp_path, b"unrelated", "notes.md")
    (tmp_path / ".genblaze").mkdir()
    saved(tmp_path / ".genblaze", CONTENT, "cached.toy")
    code, out, _ = call("verify", "--recursive", "--json", tmp_path)
    files = json.loads(out)["files"]
    assert [(file["path"], file["source"]) for file in files] == [(str(text), "sidecar"), (str(exact), "inline")]
    assert code == 0


def test_what_a_killed_process_left_in_a_folder_is_removed(call, tmp_path):
    (tmp_path / "below").mkdir()
    path = saved(tmp_path / "below", CONTENT)
    embed_manifest(path, manifest_of(CONTENT), output=tmp_path / path.name)
    left = saved(tmp_path / "below", b"half", ".genblaze-0123456789abcdef.tmp")
    assert call("verify", "--recursive", tmp_path)[0] == 3
    assert not left.exists()
    assert path.exists()


def test_a_folder_without_media_is_not_taken_for_proof(call, tmp_path):
    code, _, err = call("verify", tmp_path)
    assert code == 3
    assert "no media file" in err


def test_json_tells_which_step_made_the_file(call, exact):
    document = json.loads(call("verify", "--json", exact)[1])
    assert (document["version"], document["counts"]) == (1, {"exact": 1})
    (file,) = document["files"]
    assert (file["verdict"], file["step_index"], file["model"]) == ("exact", 0, "brush-1")
    assert file["sha256"] == sha256(CONTENT)
    assert (file["recorded"], file["schema_version"]) == (True, "1.5")
    assert file["record_sha256"] == parse_manifest(extract_document(exact)).extensions["record_sha256"]


def test_the_documented_fields_of_the_json_are_all_there_are(call, exact):
    page = (Path(__file__).parents[2] / "docs/reference/verify-json.md").read_text("utf-8")
    document = json.loads(call("verify", "--json", exact)[1])
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {*document, *document["files"][0]}


def test_folders_below_are_looked_into_when_asked(call, exact, tmp_path):
    deep = tmp_path / "deep"
    deep.mkdir()
    exact.rename(deep / "fox.toy")
    code, out, err = call("verify", tmp_path)
    assert (code, out) == (3, "")
    assert "--recursive" in err
    assert call("verify", "--recursive", tmp_path)[0] == 0


def test_many_files_are_reported_in_order_and_summed_up(call, tmp_path):
    for number in range(200):
        content = toy(b"picture %d" % number)
        embed_manifest(saved(tmp_path, content, f"{number:03}.toy"), manifest_of(content))
    damaged = tmp_path / "100.toy"
    damaged.write_bytes(damaged.read_bytes().replace(b"picture", b"pIcture"))
    code, out, err = call("verify", tmp_path)
    assert code == 1
    assert [line.split()[1] for line in out.splitlines()] == [str(path) for path in sorted(tmp_path.iterdir())]
    assert err == "200 files: 199 exact, 1 altered\n"


@pytest.mark.slow
def test_thousands_of_files_are_verified_under_a_bar(tmp_path):
    """Two thousand in well under a minute, by a person at a terminal; the bar goes when it is done."""
    whole = saved(tmp_path, CONTENT)
    embed_manifest(whole, manifest_of(CONTENT))
    content = whole.read_bytes()
    for number in range(2000):
        folder = tmp_path / f"{number // 100:02}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.toy").write_bytes(content)
    ours, theirs = pty.openpty()
    chunks: list[bytes] = []
    reader = threading.Thread(target=read_to_the_end, args=(ours, chunks))
    reader.start()
    with os.fdopen(theirs, "w") as terminal, contextlib.redirect_stderr(terminal):
        assert run(["verify", "--recursive", "--quiet", str(tmp_path)]) == 0
    reader.join(30)
    os.close(ours)
    shown = b"".join(chunks).decode()
    assert "verifying" in shown
    assert "100%" in shown
    assert "2001 files: 2001 exact" in shown


def read_to_the_end(descriptor, chunks):
    with contextlib.suppress(OSError):  # how a terminal says that it was hung up
        while chunk := os.read(descriptor, 65536):
            chunks.append(chunk)


def test_a_detached_manifest_proves_files_with_and_without_one_of_their_own(call, exact, tmp_path):
    bare = saved(tmp_path, CONTENT, "bare.toy")
    document = saved(tmp_path, manifest_of(CONTENT).to_canonical_json().encode(), "run.json")
    assert call("verify", "--manifest", document, exact, bare)[0] == 0
    other = saved(tmp_path, toy(b"another"), "other.toy")
    code, out, _ = call("verify", "--manifest", document, other)
    assert (code, out.split()[0]) == (1, "altered")
    bare.write_bytes(CONTENT.replace(b"picture", b"pixture"))
    assert call("verify", "--manifest", document, bare)[0] == 1


def test_a_damaged_detached_manifest_proves_nothing(call, exact, tmp_path):
    text = manifest_of(CONTENT).to_canonical_json().replace("acme", "ACME")
    code, out, _ = call("verify", "--manifest", saved(tmp_path, text.encode(), "run.json"), exact)
    assert (code, out.split()[0]) == (1, "manifest_altered")


def test_essence_passes_when_it_is_allowed(call, exact):
    exact.write_bytes(exact.read_bytes().replace(b"comment", b"COMMENT"))
    assert call("verify", exact)[0] == 1
    assert call("verify", "--allow", "essence", exact)[0] == 0
    exact.write_bytes(exact.read_bytes().replace(b"a picture", b"A picture"))
    assert call("verify", "--allow", "essence", exact)[0] == 1


def test_the_holder_of_the_full_manifest_proves_a_redacted_one_to_be_its_own(call, tmp_path):
    full, other = (manifest_of(CONTENT, prompt=f"my secret {word}", prompt_visibility="private") for word in "ab")
    path = saved(tmp_path, CONTENT)
    embed_manifest(path, full)
    holders = saved(tmp_path, full.to_canonical_json().encode(), "full.json")
    assert b"secret" not in path.read_bytes()
    assert call("verify", "--full", holders, path)[0] == 0
    strangers = saved(tmp_path, other.to_canonical_json().encode(), "other.json")
    code, out, _ = call("verify", "--full", strangers, path)
    assert (code, out.split()[0]) == (1, "foreign")
    embed_manifest(path, full, full=True)
    assert call("verify", "--full", holders, path)[0] == 0


def test_a_manifest_file_is_checked_as_one(call, tmp_path):
    path = saved(tmp_path, manifest_of(CONTENT).to_canonical_json().encode(), "run.json")
    code, out, _ = call("verify", path)
    assert code == 0
    assert "manifest intact" in out


def test_a_json_output_is_proved_by_its_sidecar(call, tmp_path):
    path = saved(tmp_path, b'{"text": "hello"}', "transcript.json")
    embed_manifest(path, manifest_of(path.read_bytes()))
    code, out, _ = call("verify", path)
    assert code == 0
    assert "step 0" in out


def test_a_terminal_does_not_obey_what_a_manifest_says(call, tmp_path):
    path = saved(tmp_path, CONTENT)
    embed_manifest(path, manifest_of(CONTENT, model="\x1b[31mred\nexact"))
    for arguments in (("verify", path), ("extract", "--format", "summary", path)):
        _, out, _ = call(*arguments)
        assert "\x1b" not in out
        assert "\\x1b[31mred\\nexact" in out


def test_hash_only_believes_the_content(call, exact):
    exact.write_bytes(exact.read_bytes().replace(b"a picture", b"b picture"))
    assert call("verify", "--hash-only", exact)[0] == 0


def test_extract_prints_the_document_as_it_stands(call, exact, tmp_path):
    code, out, _ = call("extract", exact)
    assert code == 0
    assert out.strip().encode() in exact.read_bytes()
    assert call("extract", exact, "-o", tmp_path / "m.json")[1] == ""
    assert (tmp_path / "m.json").read_text(encoding="utf-8") == out


def test_extract_sums_up(call, exact):
    lines = call("extract", "--format", "summary", exact)[1].splitlines()
    assert "Steps: 1" in lines
    assert "Verified: yes" in lines


def test_extract_without_manifest_fails_with_one_line(call, tmp_path):
    code, out, err = call("extract", saved(tmp_path, CONTENT))
    assert (code, out) == (1, "")
    assert err.startswith("Error: no manifest in ")
    assert err.count("\n") == 1


def test_strip_prints_the_digest_of_the_original(call, exact, tmp_path):
    code, out, _ = call("strip", exact, "-o", tmp_path / "out.toy")
    assert (code, out) == (0, f"{sha256(CONTENT)}  {tmp_path / 'out.toy'}\n")
    assert (tmp_path / "out.toy").read_bytes() == CONTENT
    assert call("strip", exact)[0] == 0
    assert exact.read_bytes() == CONTENT


def test_embed_takes_a_manifest_file(call, tmp_path):
    path = saved(tmp_path, CONTENT)
    document = saved(tmp_path, manifest_of(CONTENT).to_canonical_json().encode(), "m.json")
    assert call("embed", path, "--manifest", document)[:2] == (0, f"inline  {path}\n")
    assert call("verify", path)[0] == 0


def test_embed_warns_when_the_manifest_is_about_something_else(call, tmp_path):
    document = saved(tmp_path, manifest_of(b"other").to_canonical_json().encode(), "m.json")
    code, _, err = call("embed", saved(tmp_path, CONTENT), "--manifest", document)
    assert code == 0
    assert "does not list this content" in err


def test_embed_says_why_it_wrote_a_sidecar(call, tmp_path):
    path = saved(tmp_path, CONTENT[:-1])
    document = saved(tmp_path, manifest_of(CONTENT[:-1]).to_canonical_json().encode(), "m.json")
    code, out, err = call("embed", path, "--manifest", document)
    assert (code, out) == (0, f"sidecar  {sidecar_path(path)}\n")
    assert "Not in the file itself" in err
