"""The contract of embedders: every file comes back byte for byte, and no file whatever does harm.

```python
class TestAcmeFormat(EmbedderContract):
    plugin = _plugin                        # the module or object with the hooks
    samples = (SMALL_FILE, LARGER_FILE)     # contents of files of the format
```
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from genblaze.capabilities import Capability
from genblaze.embedding import embed_manifest, extract_manifest, strip_manifest
from genblaze.layout import MAX_ELEMENTS, MAX_PAYLOAD, BytesReader, Copy, EditPlan, Layout, LayoutError, Literal
from genblaze.models.asset import Asset
from genblaze.models.manifest import Manifest
from genblaze.models.run import Run
from genblaze.models.step import Step
from genblaze.testing.contract import Contract, skip
from genblaze.testing.isolated import plugins_with
from genblaze.verifying import Verdict, verify_file

if TYPE_CHECKING:
    from genblaze.plugins import PluginManager

__all__ = ["EmbedderContract"]

TIB: Final = 1 << 40
PROMPTS: Final = ("a red fox", "", 'snøwy 🦊 \\ "quoted" \n lines', "long " * 20_000)
DAMAGES: Final = 300
MAX_READ: Final = 4 * MAX_PAYLOAD
"""More than this is read of no file to find a manifest, however long it says it is."""
SLACK: Final = 64 * 1024
RECORD: Final = {"v": 1, "content_sha256": "0" * 64, "content_size": 0, "essence_sha256": None}


class EmbedderContract(Contract):
    """What the kernel relies on in a pair of `inspect_media` and `embed_manifest`: one law, and harm by no file.

    Attributes:
        plugin: Module or object with the hooks.
        samples: Contents of files of the format, without a manifest; small ones make the tests fast.
    """

    plugin: ClassVar[Any]
    samples: ClassVar[tuple[bytes, ...]]

    # --- declared ------------------------------------------------------------------------------------------------

    def test_its_files_are_recognised_by_their_content(self) -> None:
        for sample in self.samples:
            found = self._plugins().recognise(BytesReader(sample))
            assert found == self._media_type(), f"a sample was taken for {found}: check the capability's magic"

    def test_a_file_of_another_format_is_declined(self) -> None:
        for content in (b"", b"\0", b"plain text, and no media at all", bytes(4096)):
            layout = self._inspected(BytesReader(content))
            assert layout is None or layout.payload is None, f"{content[:20]!r} passed for a file with a manifest"

    # --- reversible ----------------------------------------------------------------------------------------------

    def test_embedding_and_stripping_gives_the_original_bytes_back(self, tmp_path: Path) -> None:
        for sample, prompt in self._cases():
            path = self._embedded(tmp_path, sample, _manifest(sample, prompt))
            strip_manifest(path, plugins=self._plugins())
            assert path.read_bytes() == sample, f"the file did not come back; prompt {prompt[:20]!r}"

    def test_the_manifest_is_read_back_as_it_was_embedded(self, tmp_path: Path) -> None:
        for sample, prompt in self._cases():
            path = self._embedded(tmp_path, sample, _manifest(sample, prompt))
            found = extract_manifest(path, plugins=self._plugins())
            assert found.canonical_hash == _manifest(sample, prompt).canonical_hash, f"prompt {prompt[:20]!r}"

    def test_embedding_again_replaces(self, tmp_path: Path) -> None:
        for sample in self.samples:
            second = _manifest(sample, "second")
            once = self._embedded(tmp_path, sample, second).read_bytes()
            path = self._embedded(tmp_path, sample, _manifest(sample, "first"))
            embed_manifest(path, second, plugins=self._plugins(), sidecar=False)
            assert path.read_bytes() == once, "the second manifest did not take the place of the first"

    def test_an_embedded_file_verifies_and_a_changed_byte_shows(self, tmp_path: Path) -> None:
        for sample in self.samples:
            path = self._embedded(tmp_path, sample, _manifest(sample, "a red fox"))
            embedded = path.read_bytes()
            assert self._verdict(path) is Verdict.EXACT, f"an untouched file is {self._verdict(path)}"
            for at in sorted({*range(0, len(embedded), max(1, len(embedded) // 40)), len(embedded) - 1}):
                path.write_bytes(embedded[:at] + bytes([embedded[at] ^ 1]) + embedded[at + 1 :])
                assert self._verdict(path) is not Verdict.EXACT, f"byte {at} was changed, and the file is still exact"

    def test_the_media_is_copied_and_not_written_anew(self) -> None:
        for sample in self.samples:
            payload = b"{}" * 100
            plan = self._plan(sample, payload)
            new = sum(len(each.data) for each in plan.segments if isinstance(each, Literal))
            assert new <= 2 * len(payload) + SLACK, f"the plan writes {new} bytes of its own for {len(payload)} of JSON"
            copied = sum(each.length for each in plan.segments if isinstance(each, Copy))
            assert 2 * copied >= len(sample), f"the plan copies {copied} of {len(sample)} bytes"

    # --- bounded -------------------------------------------------------------------------------------------------

    def test_an_endless_file_is_read_within_bounds(self) -> None:
        for sample in self.samples:
            reader = _Endless(sample)
            self._inspected(reader)
            assert reader.total <= MAX_READ, f"{reader.total} bytes were read of a file that goes on for ever"
            assert reader.calls <= 2 * MAX_ELEMENTS, f"a file that goes on for ever was read in {reader.calls} pieces"

    def test_what_it_finds_lies_inside_the_file(self) -> None:
        for content in self._hostile():
            layout = self._inspected(BytesReader(content))
            if layout is not None:
                _check_inside(layout, len(content))

    # --- hostile input -------------------------------------------------------------------------------------------

    def test_a_damaged_file_raises_layout_errors_and_nothing_else(self) -> None:
        for content in self._hostile():
            layout = self._inspected(BytesReader(content))
            if layout is not None and layout.payload is None:
                self._planned(layout, b"{}")

    def test_a_damaged_file_that_takes_a_manifest_gives_it_back(self) -> None:
        payload = b'{"a": "manifest"}'
        for content in self._hostile():
            layout = self._inspected(BytesReader(content))
            plan = None if layout is None or layout.payload is not None else self._planned(layout, payload)
            if plan is None or plan.sidecar:
                continue
            embedded = _carried_out(plan, content)
            found = self._inspected(BytesReader(embedded))
            odd = f"the damaged file {content[:40]!r}… of {len(content)} bytes"
            assert found is not None, (
                f"{odd} took a manifest, and is then no file of the format: refuse it (LayoutError)"
            )
            assert found.payload == payload, f"{odd} took a manifest that is not found again: refuse it (LayoutError)"
            back = [_carried_out(each, embedded) for each in found.restores]
            assert content in back, f"{odd} took a manifest and does not come back: refuse it (LayoutError)"

    # --- ---------------------------------------------------------------------------------------------------------

    def _plugins(self) -> PluginManager:
        return plugins_with(embedder_at_hand=self.plugin)

    def _media_type(self) -> str:
        offered: list[Capability] = [each for each in self.plugin.provides() if each.hook == "embed_manifest"]
        assert offered, "provides() declares no embed_manifest"
        return offered[0].key

    def _cases(self) -> Iterator[tuple[bytes, str]]:
        assert self.samples, "samples is empty: give the contract some files of the format"
        yield from ((sample, prompt) for sample in self.samples for prompt in PROMPTS)

    def _embedded(self, folder: Path, sample: bytes, manifest: Manifest) -> Path:
        path = folder / "sample"
        path.write_bytes(sample)
        embed_manifest(path, manifest, plugins=self._plugins(), sidecar=False)
        return path

    def _verdict(self, path: Path) -> Verdict:
        return verify_file(path, plugins=self._plugins()).verdict

    def _inspected(self, reader: Any) -> Layout | None:
        """The layout of a file; a `LayoutError` is as good as None, and any other error is not."""
        try:
            layout: Layout | None = self.plugin.inspect_media(reader)
        except LayoutError:
            return None
        except Exception as error:
            msg = f"inspect_media raised {type(error).__name__} ({error}) for a file of {reader.size} bytes"
            raise AssertionError(msg) from error
        return layout

    def _planned(self, layout: Layout, payload: bytes) -> EditPlan | None:
        try:
            plan: EditPlan | None = self.plugin.embed_manifest(layout, payload, dict(RECORD))
        except LayoutError:
            return None
        except Exception as error:
            msg = f"embed_manifest raised {type(error).__name__} ({error}) for a file of {layout.size} bytes"
            raise AssertionError(msg) from error
        return plan

    def _plan(self, sample: bytes, payload: bytes) -> EditPlan:
        layout = self._inspected(BytesReader(sample))
        assert layout is not None, "inspect_media gave no layout for a sample"
        plan = self._planned(layout, payload)
        assert plan is not None, "embed_manifest gave no plan for a sample"
        if plan.sidecar:
            skip("it writes sidecars, and the file stays as it is")
        return plan

    def _hostile(self) -> Iterator[bytes]:
        """Files that were cut, changed, filled with large numbers, doubled, or are noise; the same ones every time."""
        chance = random.Random(4711)  # noqa: S311 - damage that can be repeated, and no secret
        for _ in range(DAMAGES):
            sample = chance.choice(self.samples)
            sources = (sample, self._carrying(sample))
            yield _damaged(chance.choice(sources), chance)

    def _carrying(self, sample: bytes) -> bytes:
        """The sample with a manifest in it."""
        return _carried_out(self._plan(sample, b'{"a": "manifest"}'), sample)


class _Endless:
    """A reader of a file that begins like a sample and goes on with zeros for a tebibyte."""

    size = TIB

    def __init__(self, head: bytes) -> None:
        self._head = head
        self.total = 0
        self.calls = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """What is there; more than the bounds allow is not given."""
        length = max(0, min(length, self.size - offset))
        self.total += length
        self.calls += 1
        assert self.total <= MAX_READ, f"{self.total} bytes are read of a file that goes on for ever"
        assert self.calls <= 2 * MAX_ELEMENTS, "a file that goes on for ever is read for ever"
        data = self._head[offset : offset + length]
        return data + bytes(length - len(data))


def _damaged(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    match chance.randrange(6):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        case 2:
            return data[:at] + b"\xff" * chance.choice((1, 2, 4, 8)) + data[at + chance.choice((1, 2, 4, 8)) :]
        case 3:
            return data[:at] + data[at // 2 :]
        case 4:
            return data[:at] + chance.randbytes(chance.randrange(64)) + data[at:]
        case _:
            return data[:16] + chance.randbytes(len(data))


def _carried_out(plan: EditPlan, content: bytes) -> bytes:
    parts = (
        content[each.offset : each.offset + each.length] if isinstance(each, Copy) else each.data
        for each in plan.segments
    )
    return b"".join(parts)


def _check_inside(layout: Layout, size: int) -> None:
    ranges = [*layout.essence]
    for plan in layout.restores:
        ranges += [each for each in plan.segments if isinstance(each, Copy)]
    for each in ranges:
        inside = each.offset >= 0 and each.length >= 0 and each.offset + each.length <= size
        assert inside, f"{each.length} bytes from {each.offset} on are named, of a file of {size} bytes"


def _manifest(content: bytes, prompt: str) -> Manifest:
    """The manifest of a run that made this content."""
    digest = hashlib.sha256(content).hexdigest()
    asset = Asset(url="file:///made", media_type="application/octet-stream", sha256=digest, asset_id="the-asset")
    step = Step(step_id="the-step", provider="acme", model="acme-1", prompt=prompt, assets=[asset])
    return Manifest.from_run(Run(run_id="the-run", steps=[step]))
