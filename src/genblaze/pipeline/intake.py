"""The step of `Pipeline.input`: takes in assets that were made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genblaze.pipeline.inputs import pristine_inputs
from genblaze.pipeline.outputs import bring_home, note_facts, own_copies
from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from genblaze.models.asset import Asset
    from genblaze.models.step import Step
    from genblaze.pipeline.plan import Plan


async def take_from_outside(step: Step, assets: Sequence[Asset], plan: Plan) -> None:
    """Record assets as the outputs of a step, with digest, size and facts; no file is changed.

    Raises:
        InputError: A file is missing, or its content is not what its digest says.
        GenblazeError: What lies elsewhere cannot be fetched.
    """
    step.assets = own_copies(tuple(assets), plan)
    for asset in step.assets:
        await bring_home(asset, plan)
    await pristine_inputs(step.assets, plan, external=True)
    await daemon_threads.run(note_facts, step.assets, plan.plugins)
