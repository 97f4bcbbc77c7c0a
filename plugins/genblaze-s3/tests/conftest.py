"""A real S3 server for each test process (SeaweedFS), an empty bucket for each test, and faults on the way to it."""

from __future__ import annotations

import ctypes
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from fault_proxy import FaultProxy

from genblaze.storing import StorageConfig
from genblaze_s3 import S3StorageBackend

KEY, SECRET = "testkey", "testsecret"
GRPC_OFFSET = 10_000  # weed serves gRPC so far above every port


class Server:
    """`weed mini` on loopback, silent to the world, gone with the process that started it."""

    def __init__(self, root: Path) -> None:
        self.port, *others = _free_ports(5)
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = root / "weed.log"
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        credentials = [{"accessKey": KEY, "secretKey": SECRET}]
        identities = [{"name": "admin", "credentials": credentials, "actions": actions}]
        (root / "s3.json").write_text(json.dumps({"identities": identities}))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                _command(root, self.port, others),
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=root,
                env={**os.environ, "HOME": str(root)},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def client(self):
        """boto3 itself, to look at what the backend did."""
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=30),
        )

    def wait(self) -> None:
        """Until a write has really landed: HTTP answers before there is a volume to write to."""
        client, ends, problem = self.client(), time.monotonic() + 90, None
        while time.monotonic() < ends:
            if self._process.poll() is not None:
                pytest.fail(f"weed exited with {self._process.returncode}: {self._log.read_text()[-2000:]}")
            try:
                client.create_bucket(Bucket="ready-probe")
                client.put_object(Bucket="ready-probe", Key="x", Body=b"1")
                client.close()
                return
            except Exception as error:  # noqa: BLE001 - whatever it says, it is not ready
                problem = error
                time.sleep(0.05)
        pytest.fail(f"weed is not ready: {problem}: {self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def _command(root: Path, port: int, others: list[int]) -> list[str]:
    weed = shutil.which("weed") or str(Path(sys.executable).parent / "weed")
    roles = ("master", "volume", "filer", "admin")
    return [
        *(weed, "mini", f"-dir={root / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={port}"),
        *(f"-{role}.port={number}" for role, number in zip(roles, others, strict=True)),
        *(f"-s3.config={root / 's3.json'}", "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *("-webdav=false", "-admin.ui=false", f"-admin.dataDir={root}", "-master.telemetry=false"),
        *(f"-filer.localSocket={root / 'f.sock'}", f"-s3.localSocket={root / 's.sock'}"),
        *("-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false", "-volume.fileSizeLimitMB=1024"),
    ]


def _free_ports(count: int) -> list[int]:
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(20_000, 45_000)
        if port not in ports and all(_is_free(number) for number in (port, port + GRPC_OFFSET)):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server of this test process."""
    root = tmp_path_factory.mktemp("weed")
    (root / "data").mkdir()
    started = Server(root)
    try:
        started.wait()
        yield started
    finally:
        started.stop()
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def s3(server):
    """boto3 itself."""
    client = server.client()
    yield client
    client.close()


@pytest.fixture
def bucket(s3):
    """The name of an empty bucket."""
    name = f"t-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def make_backend(bucket, server):
    """Makes backends of the bucket, and closes them."""
    made = []

    def make(**changes):
        settings = {"endpoint_url": server.url, "access_key_id": KEY, "secret_access_key": SECRET}
        made.append(S3StorageBackend(bucket, **settings | changes))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def backend(make_backend):
    """A backend of the empty bucket."""
    return make_backend()


@pytest.fixture
def proxy(server):
    """What stands between a backend and the server, and breaks what it is told to."""
    with FaultProxy(server.port) as started:
        yield started


@pytest.fixture
def through_proxy(make_backend, proxy):
    """A backend that talks through the proxy, with small parts and short patience."""
    mib = 1 << 20
    config = StorageConfig(
        read_timeout_sec=3,
        multipart_threshold=6 * mib,
        multipart_chunk_size=5 * mib,
        signing_addressing_style="path",
    )
    return make_backend(endpoint_url=proxy.url, config=config)
