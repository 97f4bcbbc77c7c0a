"""Plans: what they would make can be read, hashed, composed and compared without making it."""

import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genblaze.embedding.edits import (
    FileReader,
    PlanReader,
    amend,
    compose,
    digest_plan,
    equivalent,
    is_identity,
    reproduces,
    whole,
    write_and_digest,
    write_plan,
)
from genblaze.errors import EmbeddingError
from genblaze.layout import BytesReader, Copy, EditPlan, LayoutError, Literal

DATA = bytes(range(256)) * 782


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("edits") / "sample"
    path.write_bytes(DATA)
    return path


def made(plan, data):
    return b"".join(data[s.offset : s.offset + s.length] if isinstance(s, Copy) else s.data for s in plan.segments)


@st.composite
def plans(draw, size):
    copy = st.integers(0, size).flatmap(lambda start: st.builds(Copy, st.just(start), st.integers(0, size - start)))
    return EditPlan(tuple(draw(st.lists(st.one_of(copy, st.builds(Literal, st.binary(max_size=5))), max_size=6))))


@given(st.binary(max_size=40), st.data())
def test_a_plan_reads_as_what_it_would_make(data, draw):
    plan = draw.draw(plans(len(data)))
    expected, reader = made(plan, data), PlanReader(BytesReader(data), plan)
    offset, length = draw.draw(st.integers(0, 60)), draw.draw(st.integers(0, 60))
    assert reader.size == len(expected)
    assert reader.read_at(offset, length) == expected[offset : offset + length]


@given(st.binary(max_size=40), st.data())
def test_composed_plans_do_one_after_the_other(data, draw):
    inner = draw.draw(plans(len(data)))
    middle = made(inner, data)
    outer = draw.draw(plans(len(middle)))
    assert made(compose(outer, inner), data) == made(outer, middle)


@given(st.binary(max_size=12), st.data())
def test_plans_that_are_called_equivalent_make_the_same(data, draw):
    one, other = draw.draw(plans(len(data))), draw.draw(plans(len(data)))
    if equivalent(one, other, BytesReader(data)):
        assert made(one, data) == made(other, data)
    assert equivalent(one, one, BytesReader(data))


def test_a_literal_equal_to_what_it_replaces_changes_nothing():
    data = BytesReader(b"0123456789")
    assert reproduces(EditPlan((Copy(0, 4), Literal(b"45"), Copy(6, 4))), data)
    assert not reproduces(EditPlan((Copy(0, 4), Literal(b"4x"), Copy(6, 4))), data)
    assert not reproduces(EditPlan((Copy(0, 4), Copy(4, 5))), data)


@pytest.mark.parametrize("segment", [Copy(0, 11), Copy(-1, 2), Copy(5, -1), Copy(2**60, 1)])
def test_a_plan_that_reaches_outside_the_file_is_refused(segment, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    plan = EditPlan((segment,))
    with pytest.raises(LayoutError):
        PlanReader(BytesReader(b"0123456789"), plan)
    with FileReader(path) as file, pytest.raises(LayoutError):
        digest_plan(file, plan)


def test_writing_with_and_without_a_digest_gives_the_same_file(tmp_path):
    data = os.urandom(3_000_000)
    path = tmp_path / "file"
    path.write_bytes(data)
    plan = EditPlan((Copy(10, 2_500_000), Literal(b"new"), Copy(0, 5), Copy(2_500_010, 499_990)))
    expected = made(plan, data)
    with FileReader(path) as file:
        with (tmp_path / "plain").open("w+b") as plain:
            write_plan(file, plan, plain)
        with (tmp_path / "hashed").open("w+b") as hashed:
            digest = write_and_digest(file, plan, hashed)
        assert digest == digest_plan(file, plan)
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "hashed").read_bytes() == expected
    assert (digest.sha256, digest.size) == (hashlib.sha256(expected).hexdigest(), len(expected))


def test_whole_blocks_are_shared_where_the_file_system_can_and_the_rest_is_copied(tmp_path, monkeypatch):
    data, shared = os.urandom(300_000), []

    def share(file, descriptor, segment, at):
        shared.append((segment, at))
        os.pwrite(descriptor, file.read_at(segment.offset, segment.length), at)
        return True

    monkeypatch.setattr(FileReader, "share_with", share)
    (tmp_path / "file").write_bytes(data)
    block = 64 * 1024
    plan = EditPlan((Copy(0, 2 * block + 5), Literal(bytes(block - 5)), Copy(block, len(data) - block), Copy(7, block)))
    with FileReader(tmp_path / "file") as file, (tmp_path / "copy").open("w+b") as output:
        write_plan(file, plan, output)
    assert (tmp_path / "copy").read_bytes() == made(plan, data)
    assert shared == [(Copy(0, 2 * block), 0), (Copy(block, len(data) - block), 3 * block)]  # to its end: as it is


@given(st.data())
def test_a_draft_is_amended_to_what_the_plan_makes(sample, tmp_path_factory, draw):
    draft = draw.draw(plans(len(DATA)))
    guessed = EditPlan(tuple(s if isinstance(s, Copy) else Literal(bytes(len(s.data))) for s in draft.segments))
    plan = draw.draw(st.sampled_from([draft, guessed]) | plans(len(DATA)))
    target = tmp_path_factory.mktemp("amended") / "target"
    with FileReader(sample) as file, target.open("w+b") as output:
        write_plan(file, draft, output)
        amend(file, draft, plan, output)
    assert target.read_bytes() == made(plan, DATA)


@given(st.lists(st.tuples(st.integers(0, 200_300), st.integers(0, 140_000)), min_size=1, max_size=8))
def test_reads_in_any_order_see_the_file(sample, reads):
    with FileReader(sample) as file:
        for offset, length in reads:
            assert file.read_at(offset, length) == DATA[offset : offset + length]


def test_an_empty_file_is_whole(tmp_path):
    (tmp_path / "empty").touch()
    with FileReader(tmp_path / "empty") as file:
        assert is_identity(whole(file), 0)
        assert digest_plan(file, whole(file)).sha256 == hashlib.sha256(b"").hexdigest()


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EmbeddingError, match="not a regular file"):
        FileReader(tmp_path / "pipe")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(EmbeddingError, match="gone.*No such file"):
        FileReader(tmp_path / "gone")


def test_a_file_that_shrinks_while_it_is_read_is_noticed(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(100))
    with FileReader(path) as file:
        os.truncate(path, 50)
        with pytest.raises(EmbeddingError, match="shorter"):
            digest_plan(file, whole(file))


def test_a_file_that_is_rewritten_while_it_is_copied_is_noticed(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(100))
    with FileReader(path) as file, (tmp_path / "copy").open("w+b") as copy:
        path.write_bytes(bytes(101))
        with pytest.raises(EmbeddingError, match="changed by another program"):
            write_plan(file, whole(file), copy)
