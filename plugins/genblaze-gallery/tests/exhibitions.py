"""A folder as people have it: a chain of media, an agent loop, a private prompt, a file that somebody painted over."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw

from genblaze import AgentLoop, CallableEvaluator, EvaluationResult, Modality, Pipeline

FOX = "a red fox sitting in a snowy forest, golden hour"
SECRET = "the lighthouse of our unannounced film"
HOSTILE = "\"><img src=x onerror=alert(1)></script><script>alert(2)</script>{{ 7 * 7 }} 'mist'"


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def paint_over(path: Path) -> None:
    """Change the pixels of a PNG and leave its manifest as it is, the way a careless editor would."""
    with Image.open(path) as opened:
        picture = opened.convert(opened.mode)
    ImageDraw.Draw(picture).ellipse((60, 60, 240, 240), fill="crimson")
    painted = path.with_suffix(".painted")
    picture.save(painted, "PNG")
    pixels = b"".join(data for kind, data in chunks(painted.read_bytes()) if kind == b"IDAT")
    painted.unlink()
    parts, written = [path.read_bytes()[:8]], False
    for kind, data in chunks(path.read_bytes()):
        if kind == b"IDAT" and written:
            continue
        written = written or kind == b"IDAT"
        body = pixels if kind == b"IDAT" else data
        parts.append(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))
    path.write_bytes(b"".join(parts))


def image(pipeline: Pipeline, prompt: str, **more) -> Pipeline:
    return pipeline.step("local", model="local-image-1", modality=Modality.IMAGE, prompt=prompt, **more)


def make_exhibition(folder: Path) -> Path:
    """Everything by the offline providers, into one folder."""
    winter = image(Pipeline("winter", output_dir=folder), FOX, step_name="picture")
    winter.step(
        "local", model="local-video-1", modality=Modality.VIDEO, prompt="a slow zoom", input_from="picture", duration=1
    )
    winter.step("local", model="local-audio-1", modality=Modality.AUDIO, prompt="a calm evening", duration=2)
    winter.run()

    def attempt(context):
        return image(Pipeline("lighthouse", output_dir=folder), "a lighthouse above the sea", seed=context.iteration)

    def judge(result):
        return EvaluationResult(passed=result.run.steps[0].seed == 2, score=0.5, feedback="another seed")

    loop = AgentLoop(attempt, CallableEvaluator(judge)).run()
    paint_over(loop.iterations[1].result.local_path(loop.iterations[1].result.assets[0]))
    image(Pipeline("unannounced", output_dir=folder), SECRET, prompt_visibility="private", caption=False).run()
    return folder
