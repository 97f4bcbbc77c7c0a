"""Tables of genblaze runs, steps and assets as Parquet files: `ParquetSink`, and the command `genblaze tables`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze_parquet.sink import ParquetSink as ParquetSink

__all__ = ["ParquetSink"]

__getattr__, __dir__, _ = loads_at_first_use(
    __name__,
    {
        "genblaze_parquet.sink": "ParquetSink",
    },
)
