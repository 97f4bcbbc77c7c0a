"""The one writer: the old content or the whole new one, never a part, and no litter."""

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from genblaze.atomic import atomic_write


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_gets_the_mode_of_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        with atomic_write(tmp_path / "new") as file:
            file.write(b"x")
    finally:
        os.umask(old)
    assert mode_of(tmp_path / "new") == 0o640


def test_a_replaced_file_keeps_its_mode(tmp_path):
    path = tmp_path / "old"
    path.write_bytes(b"old")
    path.chmod(0o604)
    with atomic_write(path, mode_from=tmp_path) as file:
        file.write(b"new")
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o604)


def test_a_new_file_can_take_the_mode_of_another(tmp_path):
    origin = tmp_path / "origin"
    origin.touch(0o600)
    with atomic_write(tmp_path / "copy", mode_from=origin) as file:
        file.write(b"x")
    assert mode_of(tmp_path / "copy") == 0o600


def test_extended_attributes_stay(tmp_path):
    path = tmp_path / "tagged"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "user.origin", b"camera")
    except OSError:
        pytest.skip("this file system keeps no attributes")
    with atomic_write(path) as file:
        file.write(b"new")
    assert os.getxattr(path, "user.origin") == b"camera"


def test_until_the_end_others_see_the_old_content(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        assert Path(file.name).read_bytes() == b"new"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail():
        with atomic_write(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    code = (
        "import sys; from genblaze.atomic import atomic_write\n"
        "with atomic_write(sys.argv[1]) as file:\n"
        "    for _ in range(64): file.write(bytes(65536))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, path],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
    )
    assert "File too large" in run.stderr
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_not_replaced(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    with atomic_write(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_the_longest_name_a_file_system_takes_can_be_written(tmp_path):
    path = tmp_path / ("n" * 255)
    with atomic_write(path) as file:
        file.write(b"x")
    assert path.read_bytes() == b"x"


def test_other_names_of_a_file_keep_the_old_content(tmp_path):
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_bytes(b"old")
    other.hardlink_to(path)
    with atomic_write(path) as file:
        file.write(b"new")
    assert (path.read_bytes(), other.read_bytes()) == (b"new", b"old")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write files of others")
def test_a_replaced_file_keeps_its_owner(tmp_path):
    path = tmp_path / "theirs"
    path.write_bytes(b"old")
    os.chown(path, 12345, 54321)
    path.chmod(0o4640)
    with atomic_write(path) as file:
        file.write(b"new")
    assert (path.stat().st_uid, path.stat().st_gid, mode_of(path)) == (12345, 54321, 0o4640)


def test_a_pipe_or_a_device_is_never_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    with pytest.raises(OSError, match="not a regular file"), atomic_write(tmp_path / "link"):
        pytest.fail("it can be written")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_link_that_leads_nowhere_but_to_itself_is_refused(tmp_path):
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(OSError, match="symbolic links"), atomic_write(tmp_path / "link"):
        pytest.fail("it can be written")


def test_a_folder_cannot_be_replaced(tmp_path):
    with pytest.raises(IsADirectoryError), atomic_write(tmp_path):
        pass


def test_a_missing_folder_is_the_callers_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "none" / "file"):
        pass


ABANDONED = ".genblaze-0123456789abcdef.tmp"
WRITE = "import sys; from genblaze.atomic import atomic_write\nwith atomic_write(sys.argv[1]) as file: file.write(b'x')"


def write_in_a_new_process(path: Path) -> None:
    subprocess.run([sys.executable, "-c", WRITE, path], check=True)


def test_what_a_killed_process_left_is_removed_by_the_next_writer_in_the_folder(tmp_path):
    (tmp_path / ABANDONED).write_bytes(b"half")
    (tmp_path / ".genblaze-mine.tmp").write_bytes(b"not ours")
    write_in_a_new_process(tmp_path / "file")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".genblaze-mine.tmp", "file"]


def test_what_a_living_process_writes_is_not_taken_for_litter(tmp_path, monkeypatch):
    monkeypatch.delattr("os.O_TMPFILE", raising=False)
    with atomic_write(tmp_path / "slow") as file:
        file.write(b"whole")
        write_in_a_new_process(tmp_path / "fast")
    assert (tmp_path / "slow").read_bytes() == b"whole"


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="this system makes no files without a name")
def test_a_file_has_no_name_before_it_is_whole(tmp_path):
    with atomic_write(tmp_path / "file") as file:
        if not file.name.startswith("/proc/"):
            pytest.skip("this file system makes no files without a name")
        assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="this system makes no files without a name")
def test_a_new_file_never_bears_a_name_but_its_own(tmp_path, monkeypatch):
    named, link = [], os.link
    monkeypatch.setattr(os, "link", lambda source, name, **how: (named.append(Path(name)), link(source, name, **how)))
    with atomic_write(tmp_path / "file") as file:
        file.write(b"one")
        if not file.name.startswith("/proc/"):
            pytest.skip("this file system makes no files without a name")
    assert named == [tmp_path / "file"]
    assert (tmp_path / "file").read_bytes() == b"one"


def test_another_program_can_be_told_to_write_the_file(tmp_path):
    with atomic_write(tmp_path / "file") as file:
        subprocess.run([sys.executable, "-c", "import sys; open(sys.argv[1], 'wb').write(b'x')", file.name], check=True)
    assert (tmp_path / "file").read_bytes() == b"x"
