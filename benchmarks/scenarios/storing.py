"""A sink on a local folder: the cost of storing a 1 MB output."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.scenarios.folder_backend import FolderBackend
from benchmarks.scenarios.timing import seconds
from genblaze_core import Asset, KeyStrategy, Modality, ObjectStorageSink, Pipeline, Step, SyncProvider

ASSETS = 20


class Writer(SyncProvider):
    """Leaves a file of one megabyte in the temporary folder, where the published sink reads it."""

    name = "writer"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def generate(self, step: Step, config: Any = None) -> Step:
        """The step with its file."""
        data = os.urandom(1 << 20)
        path = self.folder / f"{step.step_id}.bin"
        path.write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        step.assets = [
            Asset(url=path.as_uri(), media_type="application/octet-stream", sha256=sha256, size_bytes=len(data))
        ]
        return step


def measure() -> dict[str, float]:
    """Seconds per asset beyond a run that stores nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = Pipeline("benchmark")
        for index in range(ASSETS):
            made.step(Writer(folder), model="model-1", prompt=f"file {index}", modality=Modality.IMAGE)

        def stored() -> None:
            sink = ObjectStorageSink(FolderBackend(folder / "store"), key_strategy=KeyStrategy.HIERARCHICAL)
            made.run(sink=sink, raise_on_failure=True)

        without = seconds(lambda: made.run(raise_on_failure=True))
        return {"asset": (seconds(stored) - without) / ASSETS}
