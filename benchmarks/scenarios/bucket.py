"""A sink on a bucket: storing one run with many small outputs, or with few large ones."""

from __future__ import annotations

import hashlib
import os
import ssl
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPSConnection
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from urllib.parse import urlsplit

from benchmarks.scenarios.timing import peak_mb
from genblaze_core import Asset, Manifest, ObjectStorageSink, Run, Step
from genblaze_core.models.enums import StepStatus
from genblaze_s3 import S3StorageBackend

KEY, SECRET = "testkey", "testsecret"
WORKERS = 16
BLOCK = 1 << 20


def measure(where: str, count: str, size: str) -> dict[str, float]:
    """Time, CPU time of this process and its peak memory for one run; beside them, the same files with less.

    That is boto3 alone, and the standard library's HTTP client with URLs that were signed before: what is left then is
    the server's work.

    The records have the files' digests, as a pipeline leaves them.
    """
    url = os.environ[f"BENCHMARK_BUCKET_{where.upper()}"]
    with tempfile.TemporaryDirectory() as folder, _bucket(url) as (s3, bucket):
        paths = [_written(Path(folder, f"{number}.bin"), int(size)) for number in range(int(count))]
        manifest = _manifest(paths)
        backend = S3StorageBackend(
            bucket, endpoint_url=url, region="us-east-1", access_key_id=KEY, secret_access_key=SECRET
        )
        sink = ObjectStorageSink(backend)
        stored = _timed(lambda: sink.write_run(manifest.run, manifest))
        sink.close()
        figures = {"wall": stored[0], "cpu": stored[1], "memory": peak_mb()}
        alone = _timed(lambda: _alone(s3, bucket, paths))
        urls = [_signed(s3, bucket, path.name) for path in paths]
        sending = _timed(lambda: _send(url, urls, paths))
        limits = {"boto3 wall": alone[0], "boto3 cpu": alone[1], "sending wall": sending[0], "sending cpu": sending[1]}
        return figures | limits


def _timed(call: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = perf_counter(), process_time()
    call()
    return perf_counter() - wall, process_time() - cpu


def _alone(s3: Any, bucket: str, paths: list[Path]) -> None:
    """What boto3 takes for it without a digest, a check or a record."""
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda path: s3.upload_file(str(path), bucket, f"alone/{path.name}"), paths))


def _signed(s3: Any, bucket: str, name: str) -> str:
    url: str = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": f"sent/{name}"})
    return url


def _send(server: str, urls: list[str], paths: list[Path]) -> None:
    """The least that there is to do: each thread has one connection, and sends whole files on it."""
    tls = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    mine = threading.local()

    def send(url: str, path: Path) -> None:
        if not hasattr(mine, "connection"):
            mine.connection = HTTPSConnection(urlsplit(server).netloc, context=tls, blocksize=BLOCK)
        with path.open("rb") as file:
            mine.connection.request("PUT", url.removeprefix(server), file, {"Content-Length": path.stat().st_size})
            answer = mine.connection.getresponse()
            answer.read()
        if answer.status != HTTPStatus.OK:
            msg = f"{url} answered {answer.status}"
            raise RuntimeError(msg)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(send, urls, paths))


@contextmanager
def _bucket(url: str) -> Iterator[tuple[Any, str]]:
    """boto3 itself, and an empty bucket."""
    import boto3
    from botocore.config import Config

    s3 = boto3.session.Session().client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(max_pool_connections=50, request_checksum_calculation="when_required"),
    )
    name = f"b-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    try:
        s3.put_object(Bucket=name, Key="first", Body=b"so that there is a volume to write to")
        yield s3, name
    finally:
        s3.delete_bucket(Bucket=name)
        s3.close()


def _written(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        for start in range(0, size, BLOCK):
            file.write(os.urandom(min(BLOCK, size - start)))
    return path


def _manifest(paths: list[Path]) -> Manifest:
    assets = [_asset(path) for path in paths]
    step = Step(provider="writer", model="model-1", prompt="files", status=StepStatus.SUCCEEDED, assets=assets)
    return Manifest.from_run(Run(name="benchmark", steps=[step]))


def _asset(path: Path) -> Asset:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Asset(
        url=path.as_uri(), media_type="application/octet-stream", sha256=sha256, size_bytes=path.stat().st_size
    )
