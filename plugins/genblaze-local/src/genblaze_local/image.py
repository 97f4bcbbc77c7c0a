"""`LocalImageProvider`: landscapes drawn on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from genblaze.errors import ProviderError
from genblaze.models import Asset, Modality, ProviderErrorCode, Step
from genblaze_local.drawing import draw_picture
from genblaze_local.files import write_asset
from genblaze_local.params import Params
from genblaze_local.provider import LocalProvider
from genblaze_local.vendor import LocalJob, Work

DEFAULT_SIZE = (768, 512)
SMALLEST_SIDE, LARGEST_SIDE = 16, 2048


class ImageOptions(NamedTuple):
    """What a picture may be asked for."""

    size: tuple[int, int]
    style: str
    caption: bool


class LocalImageProvider(LocalProvider[ImageOptions]):
    """Draws landscapes as PNG files. Words of the prompt choose light, land and who is in it.

    Parameters of a step: `size` ("768x512") or `width` and `height` (16 to 2048 pixels), `seed`, `negative_prompt`
    (words not to take up), `style` (more words), `caption` (False leaves out the prompt below the picture).
    """

    name = "local-image"
    model = "local-image-1"
    modality = Modality.IMAGE
    output_format = "png"

    def options(self, params: Params) -> ImageOptions:
        """Size and look."""
        return ImageOptions(
            size=params.size(DEFAULT_SIZE, least=SMALLEST_SIDE, most=LARGEST_SIDE),
            style=params.text("style"),
            caption=params.flag("caption", default=True),
        )

    def work(self, step: Step, options: ImageOptions, folder: Path) -> Work:
        """Draw the picture and write it."""
        if step.inputs:
            msg = f"{self.name} draws from the prompt alone and takes no inputs. Leave out chain, input_from and inputs"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)

        def draw(job: LocalJob) -> Asset:
            picture = draw_picture(
                step.prompt or "",
                options.size,
                seed=step.seed or 0,
                style=options.style,
                negative_prompt=step.negative_prompt or "",
                caption=options.caption,
                tell=lambda fraction, message: job.tell(0.9 * fraction, message),
            )
            job.tell(0.95, "saving")
            width, height = picture.size
            asset = Asset(url="file:", media_type="image/png", width=width, height=height)
            return write_asset(asset, folder, ".png", lambda file: picture.save(file, "PNG"), job)

        return draw
