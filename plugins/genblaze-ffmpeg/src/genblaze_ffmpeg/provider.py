"""What both providers share: parameters become an operation, the operation a recipe, ffmpeg carries it out."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Mapping
from copy import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from genblaze.atomic import atomic_write
from genblaze.errors import InvalidValueError, ProviderError
from genblaze.jobs import Generation
from genblaze.models import Asset, Modality, ProviderErrorCode, Step, StepType
from genblaze.providers import ProviderCapabilities, RunnableConfig, SyncProvider
from genblaze.providers.single import hand_made_context, request_of
from genblaze.retry import RetryPolicy
from genblaze.sync import run_sync
from genblaze_ffmpeg.operations import Operation
from genblaze_ffmpeg.program import Program, find_ffmpeg
from genblaze_ffmpeg.sources import look_into

if TYPE_CHECKING:
    from genblaze.jobs import GenerateContext, Job, Request
    from genblaze_ffmpeg.recipes import Recipe

_BLOCK = 1 << 20


class FFmpegProvider(SyncProvider):
    """Runs ffmpeg on local files; inputs that lie elsewhere are brought first. Use one of the two subclasses.

    It costs nothing. A failure is not tried again: ffmpeg would do the same.

    Args:
        output_dir: Folder for the files; without it the pipeline's own.
        ffmpeg_path: The program; without it what the variable FFMPEG names, the one on the PATH, or that of the wheel
            imageio-ffmpeg.
        timeout: Seconds that one call of ffmpeg may take.
        threads: Threads that ffmpeg may use. Another number may give other bytes of the same quality.
        options: As for every provider: `models`, `retry_policy` and the like.

    Raises:
        InvalidValueError: A number that cannot be meant.
    """

    modalities: ClassVar[tuple[Modality, ...]]
    operations: ClassVar[Any]
    usual_operation: ClassVar[str | None] = None
    takes: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        msgspec.json.Decoder(cls.operations)  # msgspec looks at the fields now: later, two threads might have it do so

    def __init__(
        self,
        output_dir: str | Path | None = None,
        ffmpeg_path: str = "ffmpeg",
        timeout: float = 120,
        *,
        threads: int = 1,
        **options: Any,
    ) -> None:
        super().__init__(**{"retry_policy": RetryPolicy.disabled(), **options})
        if not timeout > 0 or threads < 1:
            msg = f"timeout ({timeout}) must be greater than 0, threads ({threads}) at least 1"
            raise InvalidValueError(msg)
        self.output_dir = None if output_dir is None else Path(output_dir)
        self.ffmpeg_path = ffmpeg_path
        self.timeout = timeout
        self.threads = threads

    def check_ready(self) -> None:
        """Refuse to work without ffmpeg.

        Raises:
            ProviderError: There is none; the text says how to install it.
        """
        self._program()

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse, when planning, what could not be done.

        Raises:
            ProviderError: ffmpeg is missing, or a parameter cannot be meant.
        """
        self.check_ready()
        self.operation(params)

    def normalize_params(self, params: Mapping[str, Any], modality: Modality | None = None) -> dict[str, Any]:
        """The parameters as they are, once they are known to be meant.

        Raises:
            ProviderError: One of them cannot be.
        """
        normal = super().normalize_params(dict(params), modality)
        self.operation(normal)
        return normal

    def operation(self, params: Mapping[str, Any]) -> Operation:
        """What the parameters ask for.

        Raises:
            ProviderError: They name no operation, or one of them is missing, unknown or out of its bounds.
        """
        usual = {} if self.usual_operation is None else {"operation": self.usual_operation}
        given = usual | {name: value for name, value in params.items() if name not in ("seed", "negative_prompt")}
        names = [each.__struct_config__.tag for each in self.operations.__args__]
        if given.get("operation") not in names:
            msg = f"{self.name}: operation is {given.get('operation')!r}. Operations: {', '.join(names)}"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
        try:
            return msgspec.convert(given, self.operations, strict=False)  # type: ignore[no-any-return]
        except msgspec.ValidationError as error:
            msg = f"{self.name}, operation {given['operation']}: {error}"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT) from None

    def job(self, request: Request, context: GenerateContext) -> Job:
        """The job of one request; a `generate` that somebody has replaced is what counts."""
        if getattr(self.generate, "__func__", None) is FFmpegProvider.generate:
            return FFmpegJob(self, request, context)
        provider = copy(self)
        provider.output_dir = self.output_dir or context.output_dir
        return SyncProvider.job(provider, request, context)

    def generate(self, step: Step, config: RunnableConfig | None = None) -> Step:  # noqa: ARG002 - nothing to configure
        """Do one step outside of a pipeline.

        Raises:
            ProviderError: It failed.
        """
        made = run_sync(lambda: FFmpegJob(self, request_of(step), hand_made_context()).submit())
        step.assets, step.cost_usd = list(made.assets), made.cost_usd
        for name, value in made.changes.items():
            setattr(step, name, value)
        return step

    def get_capabilities(self) -> ProviderCapabilities:
        """What comes out, and what goes in."""
        return ProviderCapabilities(
            supported_modalities=list(self.modalities), supported_inputs=list(self.takes), accepts_chain_input=True
        )

    def furnish(self, folder: Path) -> None:
        """Lay into ffmpeg's working folder what filters read there; nothing, unless overridden."""

    def _program(self, folder: Path = Path()) -> Program:
        try:
            return Program(find_ffmpeg(self.ffmpeg_path), self.timeout, folder)
        except ProviderError as error:
            msg = f"{self.name} needs ffmpeg: {error}"
            raise ProviderError(msg, error_code=error.error_code) from None

    async def make(self, request: Request, context: GenerateContext) -> Generation:
        """Do what a request asks for.

        Raises:
            ProviderError: It cannot be done, or ffmpeg failed.
        """
        operation = self.operation(request.params)
        with tempfile.TemporaryDirectory(prefix="genblaze-") as scratch:
            program = self._program(Path(scratch))
            self.furnish(program.folder)
            names = {}
            sources = []
            for index, asset in enumerate(request.inputs):
                path = (await context.courier.input_path(asset)).absolute()
                names[str(path)] = f"input {index}"
                sources.append(await look_into(asset, path, program, f"input {index}"))
            recipe = await operation.recipe(sources, program)
            for name, text in recipe.texts.items():
                (program.folder / name).write_text(text, "utf-8")
            asset = await self._write(recipe, program, names, context)
        changes = {"step_type": operation.step_type} if request.step_type == StepType.GENERATE else {}
        return Generation(assets=(asset,), cost_usd=0.0, changes={**changes, "modality": recipe.format.modality})

    async def _write(
        self, recipe: Recipe, program: Program, names: Mapping[str, str], context: GenerateContext
    ) -> Asset:
        """Have ffmpeg write the output; its file is there whole or not at all."""
        folder = (self.output_dir or context.output_dir).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        asset = Asset(url="file:", media_type=recipe.format.media_type)
        path = folder / f"{asset.asset_id}{recipe.format.suffix}"
        tell = partial(_tell, context, recipe.seconds) if recipe.seconds else None
        with atomic_write(path) as file:
            arguments = recipe.arguments(self.threads, file.name)
            await program.run(arguments, names={**names, file.name: "the output"}, tell=tell)
            asset.sha256, asset.size_bytes = await asyncio.to_thread(_settled, file.name)
        asset.url = path.as_uri()
        return asset


class FFmpegJob:
    """The job of one request: done when it is submitted."""

    paid = False
    idempotent = True

    def __init__(self, provider: FFmpegProvider, request: Request, context: GenerateContext) -> None:
        self.provider = provider
        self.request = request
        self.context = context
        self.retry_policy = provider.retry_policy

    async def submit(self) -> Generation:
        """Do the work."""
        return await self.provider.make(self.request, self.context)

    def poll(self, job_id: str) -> bool:  # noqa: ARG002 - there is no job to ask for
        """Always done."""
        return True

    def fetch(self, job_id: str) -> Generation:
        """There is nothing to fetch.

        Raises:
            ProviderError: Always.
        """
        msg = f"{self.provider.name} answers at once and has no job {job_id} to fetch"
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)

    def cancel(self, job_id: str) -> None:
        """Whoever stops waiting for `submit` stops ffmpeg."""

    def estimate_cost(self) -> float:
        """Nothing."""
        return 0.0


def _tell(context: GenerateContext, total: float, written: float) -> None:
    context.progress(min(written / total, 1.0), "encoding")


def _settled(name: str) -> tuple[str, int]:
    """Digest and size of a file that ffmpeg wrote, once it is on the disk."""
    digest, size = hashlib.sha256(), 0
    with open(name, "rb") as file:  # noqa: PTH123 - it has no path, only a name under /proc
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
        os.fsync(file.fileno())
    return digest.hexdigest(), size
