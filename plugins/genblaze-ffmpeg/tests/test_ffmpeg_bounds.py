"""What ffmpeg may not do: read what nobody named, outlive its step, leave parts behind, be missing unnoticed."""

import asyncio
import os
import struct
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from sample_pipelines import Painter, kernel_plugins, pipeline_in

from genblaze import Asset, Capability, Fetched, Modality, Pipeline, PipelineError, ProviderErrorCode, hookimpl
from genblaze.errors import GenblazeError
from genblaze_ffmpeg import FFmpegCompositor, FFmpegTransform, _plugin
from genblaze_ffmpeg.program import find_ffmpeg

PATIENCE_SEC = 60
MINUTE_OF_SLEEP = "exec sleep 600"


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "tone.wav"
    subprocess.run([find_ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "sine=d=0.3", str(path)], check=True)
    return path


def wav(path):
    return Asset(url=Path(path).as_uri(), media_type="audio/wav")


def script(folder, text):
    """A program that ffmpeg is taken for; `$FF` is the real one, `$0.pid` takes its process id."""
    path = folder / "ffmpeg"
    path.write_text(f'#!/bin/sh\nFF={find_ffmpeg()}\necho "$@" >> "$0.log"\n{text}\n')
    path.chmod(0o755)
    return path


def after_encoding(folder, text):
    """A program that looks into inputs, and when it has written the output does something else."""
    return script(folder, f'"$FF" "$@" || exit 1\ncase "$*" in *-progress*) echo $$ > "$0.pid"; {text};; esac')


def trimmed(folder, provider, *inputs, **options):
    return pipeline_in(folder / "out", **options).step(
        provider, model="m", modality=Modality.AUDIO, external_inputs=list(inputs), operation="trim", duration=0.2
    )


def failed_step(pipeline):
    with pytest.raises(PipelineError) as caught:
        pipeline.run()
    return caught.value.result.run.steps[0]


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE_SEC
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(program):
    with suppress(ProcessLookupError):
        os.kill(int(Path(f"{program}.pid").read_text()), 0)
        return True
    return False


def outputs(folder):
    return [path for path in folder.rglob("*") if path.is_file() and ".genblaze" not in path.parts]


# --- what is read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["-y.wav", "concat:a|b.wav", "a%03d.wav", "it's [v];,\\ name.wav", "http:x?.wav"])
def test_a_file_s_name_is_never_a_command(tmp_path, sound, name):
    path = tmp_path / name
    path.write_bytes(sound.read_bytes())
    result = trimmed(tmp_path, FFmpegTransform(), wav(path)).run()
    assert result.run.steps[0].assets[0].size_bytes == pytest.approx(0.2 * 44_100 * 2, abs=2_000)


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{secret}'\n",
        "#EXTM3U\n#EXTINF:1,\nhttp://169.254.169.254/latest/meta-data\n#EXT-X-ENDLIST\n",
    ],
)
@pytest.mark.parametrize("media_type", ["video/mp4", "audio/wav", "audio/mpeg", "video/x-matroska"])
def test_an_input_that_is_a_list_of_other_files_is_not_followed(tmp_path, sound, text, media_type):
    secret = tmp_path / "secret.wav"
    secret.write_bytes(sound.read_bytes())
    listing = tmp_path / "innocent"
    listing.write_text(text.format(secret=secret))
    program = script(tmp_path, 'exec "$FF" "$@"')
    asset = Asset(url=listing.as_uri(), media_type=media_type)
    step = failed_step(trimmed(tmp_path, FFmpegTransform(ffmpeg_path=str(program)), asset))
    assert step.error_code == ProviderErrorCode.MODEL_ERROR
    assert outputs(tmp_path / "out") == []


def test_a_picture_that_claims_to_fill_the_memory_is_not_decoded(tmp_path):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    picture = tmp_path / "large.png"
    picture.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")
    )
    pipeline = pipeline_in(tmp_path / "out").step(
        FFmpegTransform(),
        model="m",
        external_inputs=[Asset(url=picture.as_uri(), media_type="image/png")],
        operation="resize",
        width=8,
    )
    assert failed_step(pipeline).error_code == ProviderErrorCode.MODEL_ERROR


def test_a_type_that_ffmpeg_is_not_given_is_refused(tmp_path):
    page = tmp_path / "page.svg"
    page.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    step = failed_step(trimmed(tmp_path, FFmpegTransform(), Asset(url=page.as_uri(), media_type="image/svg+xml")))
    assert "not given files of type image/svg+xml" in step.error


class Remote:
    """Brings https URLs, as the guarded downloader would."""

    def __init__(self, content):
        self.content = content
        self.asked = []

    @hookimpl
    def provides(self):
        return [Capability(hook="fetch", key="https")]

    @hookimpl
    def fetch(self, url, target, context):
        async def bring():
            self.asked.append(url)
            target.write_bytes(self.content)
            return Fetched(path=target, size=len(self.content), sha256="")

        return bring()


def test_ffmpeg_is_given_files_only_and_what_lies_elsewhere_is_brought_by_the_guarded_downloader(tmp_path, sound):
    remote, program = Remote(sound.read_bytes()), script(tmp_path, 'exec "$FF" "$@"')
    asset = Asset(url="https://cdn.test/tone.wav?token=secret", media_type="audio/wav")
    provider = FFmpegTransform(ffmpeg_path=str(program))
    trimmed(tmp_path, provider, asset, plugins=kernel_plugins(remote=remote)).run()
    told = Path(f"{program}.log").read_text()
    assert remote.asked == [asset.url]
    assert "https" not in told
    assert told.count("-protocol_whitelist file,pipe -max_pixels 268435456 -f wav") == told.count("-i file:") == 2


# --- when it ends ----------------------------------------------------------------------------------------------------


async def test_cancelling_kills_ffmpeg_and_leaves_no_part_of_an_output(tmp_path, sound):
    program = after_encoding(tmp_path, MINUTE_OF_SLEEP)
    pipeline = trimmed(tmp_path, FFmpegTransform(ffmpeg_path=str(program)), wav(sound))
    run = asyncio.create_task(pipeline.arun())
    await asyncio.to_thread(wait_for, lambda: Path(f"{program}.pid").exists() and Path(f"{program}.pid").read_text())
    assert is_running(program)
    run.cancel()
    with suppress(asyncio.CancelledError, PipelineError):
        await run
    assert not is_running(program)
    assert outputs(tmp_path / "out") == []


@pytest.mark.slow
def test_what_takes_too_long_is_stopped_and_leaves_no_part_of_an_output(tmp_path, sound):
    program = after_encoding(tmp_path, MINUTE_OF_SLEEP)
    step = failed_step(trimmed(tmp_path, FFmpegTransform(ffmpeg_path=str(program), timeout=8), wav(sound)))
    assert (step.error_code, step.retries) == (ProviderErrorCode.TIMEOUT, 0)
    assert "longer than 8 s" in step.error
    assert not is_running(program)
    assert outputs(tmp_path / "out") == []


def test_a_failure_quotes_the_last_lines_and_no_path_of_this_machine(tmp_path, sound):
    noise = "i=0; while [ $i -lt 3000 ]; do echo noise $i >&2; i=$((i+1)); done"
    program = after_encoding(tmp_path, f'{noise}; for last; do :; done; echo "cannot write $last" >&2; exit 7')
    step = failed_step(trimmed(tmp_path, FFmpegTransform(ffmpeg_path=str(program)), wav(sound)))
    assert "ffmpeg failed with exit code 7" in step.error
    assert step.error.endswith("noise 2999 cannot write the output")
    assert str(tmp_path) not in step.error
    assert len(step.error) < 1000
    assert outputs(tmp_path / "out") == []


def test_progress_is_told_while_it_works(tmp_path, sound):
    seen = []
    provider = FFmpegTransform()
    trimmed(tmp_path, provider, wav(sound)).run(on_progress=seen.append)
    assert any(event.progress_pct == pytest.approx(1, abs=0.05) for event in seen if event.progress_pct is not None)


# --- when it is missing ----------------------------------------------------------------------------------------------


def without_ffmpeg(monkeypatch, folder):
    monkeypatch.delenv("FFMPEG", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)


@pytest.mark.parametrize("by_name", [False, True])
def test_a_missing_ffmpeg_is_told_when_planning_before_anything_is_made(tmp_path, monkeypatch, by_name):
    without_ffmpeg(monkeypatch, tmp_path)
    painter = Painter(tmp_path)
    pipeline = pipeline_in(tmp_path, plugins=kernel_plugins(ffmpeg=_plugin), chain=True)
    pipeline.step(painter, model="m", prompt="a fox")
    pipeline.step("ffmpeg-transform" if by_name else FFmpegTransform(), model="m", operation="resize", width=8)
    with pytest.raises(GenblazeError, match=r"step 1.*ffmpeg-transform needs ffmpeg.*apt install ffmpeg.*FFMPEG"):
        pipeline.run()
    assert painter.calls == 0


@pytest.mark.parametrize("by_name", [False, True])
def test_a_parameter_that_cannot_be_meant_is_refused_when_planning(tmp_path, by_name):
    painter = Painter(tmp_path)
    pipeline = pipeline_in(tmp_path, plugins=kernel_plugins(ffmpeg=_plugin), chain=True)
    pipeline.step(painter, model="m", prompt="a fox")
    pipeline.step("ffmpeg-transform" if by_name else FFmpegTransform(), model="m", operation="resize", width="wide")
    with pytest.raises(GenblazeError, match=r"ffmpeg-transform, operation resize: .*width"):
        pipeline.run()
    assert painter.calls == 0


def test_the_variable_names_the_program_and_the_argument_goes_before_it(tmp_path, monkeypatch):
    named, asked = (tmp_path / name for name in ("named", "asked"))
    for path in (named, asked):
        path.symlink_to(find_ffmpeg())
    monkeypatch.setenv("FFMPEG", str(named))
    assert find_ffmpeg() == str(named)
    assert find_ffmpeg(str(asked)) == str(asked)
    monkeypatch.setenv("FFMPEG", str(tmp_path / "gone"))
    with pytest.raises(GenblazeError, match="gone' is no program"):
        FFmpegCompositor().check_ready()


def test_the_one_on_the_path_goes_before_that_of_the_wheel(tmp_path, monkeypatch):
    (tmp_path / "ffmpeg").symlink_to(find_ffmpeg())
    monkeypatch.delenv("FFMPEG", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_ffmpeg() == str(tmp_path / "ffmpeg")


@pytest.mark.parametrize("options", [{"timeout": 0}, {"threads": 0}])
def test_numbers_that_cannot_be_meant_are_refused(options):
    with pytest.raises(ValueError, match="must be greater than 0"):
        FFmpegTransform(**options)


def test_the_plugin_loads_nothing_of_itself_until_it_is_used():
    program = "import genblaze_ffmpeg._plugin as p, sys; list(p.provides()); print('asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_names_are_those_of_the_facade():
    import genblaze_core
    from genblaze_core.providers.compositor import FFmpegCompositor as published

    assert published is FFmpegCompositor is genblaze_core.FFmpegCompositor
    assert isinstance(Pipeline("x").step(published(), model="m"), Pipeline)
