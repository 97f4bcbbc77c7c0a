"""`ParquetSink`: each run as rows of three tables, in folders that readers of Parquet know as partitions.

    <base_dir>/runs|steps|assets/dt=2026-11-22/tenant_id=default/modality=image/provider=openai-dalle/<run_id>.parquet
    <base_dir>/_run_index/<run_id>.json

`runs` is written last, so that whoever begins there sees whole runs only.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import defaultdict
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from genblaze import BaseSink, EmbedPolicy, PromptVisibility, SinkError, parse_manifest
from genblaze.atomic import atomic_write

if TYPE_CHECKING:
    from genblaze import Manifest, Run
    from genblaze_parquet.tables import Row

_TABLES = ("runs", "steps", "assets")
# What Hive, Spark, DuckDB and Arrow read as null.
_NULL = "__HIVE_DEFAULT_PARTITION__"


class ParquetSink(BaseSink):
    """Writes each run as rows of the tables `runs`, `steps` and `assets`.

    Steps and assets stand in the partition of their step's modality and provider, a run in that of all its steps'.
    Writing the same record again changes nothing; a run that has changed takes the place of its old rows. Prompts
    that are not public are redacted, and credentials in URLs are left out.

    Args:
        base_dir: Folder of the tables.
        policy: What to leave out: with `prompt_visibility` private or redacted no prompt is in clear, without
            `include_params` or `include_seed` those columns are empty. `embed_mode` plays no part here.
    """

    def __init__(self, base_dir: str | os.PathLike[str], *, policy: EmbedPolicy | None = None) -> None:
        self.base_dir = Path(base_dir)
        self.policy = policy or EmbedPolicy()

    def check(self, *, tenant_id: str | None, run_id: str | None) -> None:  # noqa: ARG002 - any can be written
        """Refuse, before anything is paid, a folder that cannot be written to.

        Raises:
            SinkError: So it is.
        """
        try:
            self.base_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._failure(error) from error
        if not os.access(self.base_dir, os.W_OK):
            msg = f"ParquetSink: {self.base_dir} is not writable. Choose another base_dir."
            raise SinkError(msg)

    def write_run(self, run: Run, manifest: Manifest) -> None:
        """Write the rows of a run.

        Raises:
            SinkError: The folder cannot be written to, or a number does not fit its column (64 bits).
        """
        record = _shown(run, manifest, self.policy)
        digest = hashlib.sha256(record.to_canonical_json().encode()).hexdigest()
        index = self.base_dir / "_run_index" / f"{_file_name(run.run_id)}.json"
        try:
            known = _read_index(index)
            whole = all((self.base_dir / name).exists() for name in known["files"])
            if not whole or known.get("record_sha256") != digest:
                self._replace(record, index, known["files"], digest)
        except (OSError, ValueError, OverflowError) as error:  # Arrow's errors are ValueErrors
            raise self._failure(error) from error

    def close(self) -> None:
        """Nothing is held between runs."""

    def _replace(self, record: Manifest, index: Path, old: list[str], digest: str) -> None:
        """Write a run's files, remove those of its former record, and note what is there now."""
        from genblaze_parquet.tables import rows

        run = record.run
        files: dict[str, list[Row]] = defaultdict(list)
        for row in rows(run, record):
            files[_file_of(row, run)].append(row)
        for name in set(old) - set(files):
            (self.base_dir / name).unlink(missing_ok=True)
        for name, found in files.items():
            self._write(self.base_dir / name, found, self.policy)
        entry = {"canonical_hash": record.canonical_hash, "record_sha256": digest, "files": sorted(files)}
        index.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(index) as file:
            file.write(json.dumps(entry, indent=1).encode())
        _published(index).unlink(missing_ok=True)

    def _write(self, path: Path, found: list[Row], policy: EmbedPolicy) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        from genblaze_parquet.tables import TABLES

        hidden = _hidden_columns(policy)
        columns = [{name: None if name in hidden else cell for name, cell in row.columns.items()} for row in found]
        table = pa.Table.from_pylist(columns, schema=TABLES[found[0].table])
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            pq.write_table(table, file, compression="zstd")

    def _failure(self, error: Exception) -> SinkError:
        return SinkError(f"ParquetSink: the run cannot be written to {self.base_dir}: {error}")


def _shown(run: Run, manifest: Manifest, policy: EmbedPolicy) -> Manifest:
    """The manifest of the run as others may see it."""
    if manifest.run is not run:
        manifest = manifest.model_copy(update={"run": run})
    hides = policy.prompt_visibility != PromptVisibility.PUBLIC
    shown = EmbedPolicy(prompt_visibility=PromptVisibility.REDACTED if hides else PromptVisibility.PUBLIC)
    return parse_manifest(manifest.to_embed_json(shown))


def _hidden_columns(policy: EmbedPolicy) -> set[str]:
    hidden = set()
    if policy.prompt_visibility == PromptVisibility.PRIVATE:
        hidden |= {"prompt", "negative_prompt"}
    if not policy.include_params:
        hidden.add("params_json")
    if not policy.include_seed:
        hidden.add("seed")
    return hidden


def _file_of(row: Row, run: Run) -> str:
    """Where a row belongs, below the folder of the tables."""
    day = run.created_at.astimezone(UTC).strftime("%Y-%m-%d")
    keys = {"dt": day, "tenant_id": run.tenant_id or "default", "modality": row.modality, "provider": row.provider}
    folders = [f"{key}={_NULL if value is None else quote(value, safe='')}" for key, value in keys.items()]
    return "/".join([row.table, *folders, f"{_file_name(run.run_id)}.parquet"])


def _file_name(run_id: str) -> str:
    """A run's id as a file's name; readers pass over files that begin with a dot or an underscore."""
    return re.sub(r"^[._]", lambda first: f"%{ord(first[0]):02X}", quote(run_id, safe=""))


def _read_index(path: Path) -> dict[str, Any]:
    """What was noted when the run was written last, by us or by the published package; else that it has no files."""
    try:
        entry = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        entry = {}
    entry = entry if isinstance(entry, dict) else {}
    try:
        partition = _published(path).read_text("utf-8").strip()
    except FileNotFoundError:
        files = entry.get("files", [])
    else:
        files = [f"{table}/{partition}/{path.stem}.parquet" for table in _TABLES]
    return {"record_sha256": entry.get("record_sha256"), "files": [name for name in files if _is_ours(name)]}


def _published(index: Path) -> Path:
    """Where the published package notes the partition of a run."""
    return index.with_suffix(".partition")


def _is_ours(name: object) -> bool:
    """Whether a name that was noted leads to a file of our tables, and to nowhere else."""
    parts = name.split("/") if isinstance(name, str) else []
    return bool(parts) and parts[0] in _TABLES and not {"..", "."} & set(parts)
