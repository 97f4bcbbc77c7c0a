"""Steps that answer with words or JSON: a file like any other output, and an input like any other."""

import json

import pytest
from sample_pipelines import kernel_plugins

from genblaze import Asset, GenblazeError, InvalidValueError, Modality, SyncProvider, verify_file
from genblaze.hookspecs import FetchContext


class Writer(SyncProvider):
    """Answers with the prompt and whatever texts it is given."""

    name = "writer"

    def generate(self, step, config=None):
        said = [asset.text() for asset in step.inputs]
        step.assets = [Asset.from_json({"prompt": step.prompt, "said": said}), Asset.from_text(f"“{step.prompt}”")]
        return step


def test_texts_and_json_become_files_that_later_steps_read(new):
    pipeline = new(chain=True)
    for prompt in ("ein Füchslein", "more"):
        pipeline.step(Writer(), model="w", prompt=prompt, modality=Modality.TEXT)
    result = pipeline.run()
    value, text = result.run.steps[1].assets
    assert json.loads(value.text())["said"][1] == text.text().replace("more", "ein Füchslein")
    paths = [result.local_path(asset) for asset in (value, text)]
    assert [path.suffix for path in paths] == [".json", ".txt"]
    assert [asset.media_type for asset in (value, text)] == ["application/json", "text/plain"]
    assert all(verify_file(path, plugins=kernel_plugins()).ok for path in paths)
    assert "data:" not in result.manifest.to_canonical_json()


def test_a_text_can_be_taken_in_and_given(new):
    told = Asset.from_text("a story")
    result = (
        new()
        .input(told, source="me")
        .step(Writer(), model="w", prompt="x", modality="text", input_from=0)
        .step(Writer(), model="w", prompt="x", modality="text", external_inputs=[told])
        .run()
    )
    for step in result.run.steps[1:]:
        assert json.loads(step.assets[0].text())["said"] == ["a story"]
        assert step.inputs[0].sha256 == told.sha256


def test_an_asset_that_holds_its_text_does_not_show_it(tmp_path):
    assert "c2VjcmV0" not in repr(Asset.from_text("secret"))


def test_what_json_cannot_hold_is_refused():
    for value in ({1, 2}, float("nan")):
        with pytest.raises(InvalidValueError, match="from_json"):
            Asset.from_json(value)


def test_only_text_that_is_here_can_be_read(tmp_path):
    (tmp_path / "x").write_bytes(b"\xff")
    for url, text in (
        ("https://h/x", "lies elsewhere"),
        ((tmp_path / "x").as_uri(), "no text in UTF-8"),
        ((tmp_path / "y").as_uri(), "cannot be read"),
    ):
        with pytest.raises(InvalidValueError, match=text):
            Asset(url=url, media_type="text/plain").text()


@pytest.mark.parametrize(
    ("url", "content"),
    [
        ("data:,", b""),
        ("data:,a%20b", b"a b"),
        ("DATA:text/plain;charset=utf-8;base64,YSBi", b"a b"),
        ("data:text/plain;base64,YSBi%0A", None),
        ("data:text/plain;base64,YSB", None),
        ("data:text/plain", None),
    ],
)
async def test_data_urls_are_fetched_as_rfc_2397_has_them(tmp_path, url, content):
    fetching = kernel_plugins().fetch(url, tmp_path / "x", FetchContext())
    if content is None:
        with pytest.raises(GenblazeError, match="data:"):
            await fetching
    else:
        assert (await fetching).path.read_bytes() == content


async def test_a_data_url_longer_than_allowed_is_refused(tmp_path):
    with pytest.raises(GenblazeError, match="holds 3 bytes, more than the 2"):
        await kernel_plugins().fetch("data:,abc", tmp_path / "x", FetchContext(max_bytes=2))
