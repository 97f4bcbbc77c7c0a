"""Tables of genblaze runs, steps and assets as Parquet files: `ParquetSink`, and the command `genblaze tables`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_parquet.sink import ParquetSink as ParquetSink

__all__ = ["ParquetSink"]


def __getattr__(name: str) -> Any:
    if name == "ParquetSink":
        from genblaze_parquet.sink import ParquetSink

        return ParquetSink
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
