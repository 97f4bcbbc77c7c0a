"""Each rule for embedders, broken once on purpose: it fails, and says which rule it is."""

import pytest
from broken_rules import complaint_of, own_rules
from sample_media import ToyFormat, toy

from genblaze.capabilities import Capability
from genblaze.hookspecs import hookimpl
from genblaze.layout import Copy, EditPlan, Layout, Literal
from genblaze.testing import EmbedderContract


class Toy(ToyFormat):
    """The sample format, with a line for people."""

    def planned(self, layout, payload, record):
        return super().embed_manifest(layout, payload, record)

    @hookimpl
    def embed_manifest(self, layout, payload, record):
        return self.planned(layout, payload, record)


class TestToy(EmbedderContract):
    plugin = Toy()
    samples = (toy(b"pixels " * 9, b"more"), toy(b""))


class OtherMagic(Toy):
    @hookimpl
    def provides(self):
        return [Capability("embed_manifest", "image/x-toy", magic=("4f544845",))]


class FindsItEverywhere(Toy):
    @hookimpl
    def inspect_media(self, reader):
        return super().inspect_media(reader) or Layout(media_type="image/x-toy", size=reader.size, payload=b"{}")


class LosesAByte(Toy):
    @hookimpl
    def inspect_media(self, reader):
        layout = super().inspect_media(reader)
        if layout is not None and layout.restores:
            layout.restores = (EditPlan((*layout.restores[0].segments[:-1], Copy(0, 1))),)
        return layout


class WritesAnotherManifest(Toy):
    def planned(self, layout, payload, record):
        return super().planned(layout, payload.replace(b"acme-1", b"acme-2"), record)


class Accumulates(Toy):
    """Says of a file with a manifest that it is one without."""

    @hookimpl
    def inspect_media(self, reader):
        layout = super().inspect_media(reader)
        if layout is not None and layout.restores:
            layout.restores = (EditPlan((Copy(0, reader.size),)),)
        return layout


class IgnoresDamage(Toy):
    @hookimpl
    def inspect_media(self, reader):
        layout = super().inspect_media(reader)
        if layout is not None:
            layout.damage = None
        return layout


class WritesAnew(Toy):
    @hookimpl
    def inspect_media(self, reader):
        layout = super().inspect_media(reader)
        if layout is not None and layout.detail is None:
            layout.detail = None
            self.content = reader.read_at(0, min(reader.size, 1 << 20))
        return layout

    def planned(self, layout, payload, record):
        plan = super().planned(layout, payload, record)
        parts = (
            Literal(self.content[each.offset : each.offset + each.length]) if isinstance(each, Copy) else each
            for each in plan.segments
        )
        return EditPlan(tuple(parts))


class ReadsAll(Toy):
    @hookimpl
    def inspect_media(self, reader):
        for at in range(0, reader.size, 1 << 20):
            reader.read_at(at, 1 << 20)
        return super().inspect_media(reader)


class PointsOutside(Toy):
    @hookimpl
    def inspect_media(self, reader):
        layout = super().inspect_media(reader)
        if layout is not None:
            layout.essence = (Copy(0, reader.size + 1),)
        return layout


class TrustsTheFile(Toy):
    @hookimpl
    def inspect_media(self, reader):
        layout = super().inspect_media(reader)
        if layout is not None and layout.detail is not None:
            raise IndexError(layout.detail)
        return layout


class TakesCutFiles(Toy):
    def planned(self, layout, payload, record):
        layout.detail = None
        return super().planned(layout, payload, {**record, "restore": {"count": 0}})

    @hookimpl
    def inspect_media(self, reader):
        layout = super().inspect_media(reader)
        if layout is not None and layout.restores:
            layout.restores = (EditPlan((Literal(b"lost"),)),)
        return layout


BROKEN = {
    "its_files_are_recognised_by_their_content": (OtherMagic, "check the capability's magic"),
    "a_file_of_another_format_is_declined": (FindsItEverywhere, "passed for a file with a manifest"),
    "embedding_and_stripping_gives_the_original_bytes_back": (LosesAByte, ""),
    "the_manifest_is_read_back_as_it_was_embedded": (WritesAnotherManifest, ""),
    "embedding_again_replaces": (Accumulates, ""),
    "an_embedded_file_verifies_and_a_changed_byte_shows": (IgnoresDamage, "was changed, and the file is still exact"),
    "the_media_is_copied_and_not_written_anew": (WritesAnew, "the plan copies 0 of"),
    "an_endless_file_is_read_within_bounds": (ReadsAll, "of a file that goes on for ever"),
    "what_it_finds_lies_inside_the_file": (PointsOutside, "are named, of a file of"),
    "a_damaged_file_raises_layout_errors_and_nothing_else": (TrustsTheFile, "raised IndexError"),
    "a_damaged_file_that_takes_a_manifest_gives_it_back": (TakesCutFiles, ""),
}


def test_every_rule_is_broken_once():
    assert list(BROKEN) == own_rules(EmbedderContract)


@pytest.mark.parametrize("rule", BROKEN)
def test_breaking_a_rule_of_embedders_says_which(rule, tmp_path):
    embedder, complaint = BROKEN[rule]
    contract = type("Checked", (EmbedderContract,), {"plugin": embedder(), "samples": TestToy.samples})
    assert complaint in complaint_of(contract, rule, tmp_path)
