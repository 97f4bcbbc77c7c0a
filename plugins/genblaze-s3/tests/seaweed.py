"""A real S3 server (SeaweedFS, `weed mini`) on loopback: silent to the world, gone with the process that started it."""

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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

KEY, SECRET = "testkey", "testsecret"
VOLUMES = 2000  # each bucket takes one; unless told, weed has as many as the disk has free gigabytes
GRPC_OFFSET = 10_000  # weed serves gRPC so far above every port


class Server:
    """One running server.

    Args:
        root: An empty folder for its data and its log.
        options: Further options of `weed mini`.
    """

    def __init__(self, root: Path, options: Sequence[str] = ()) -> None:
        self.port, *others = free_ports(5)
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = root / "weed.log"
        (root / "data").mkdir()
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        credentials = [{"accessKey": KEY, "secretKey": SECRET}]
        identities = [{"name": "admin", "credentials": credentials, "actions": actions}]
        (root / "s3.json").write_text(json.dumps({"identities": identities}))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*_command(root, self.port, others), *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=root,
                env={**os.environ, "HOME": str(root)},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def client(self) -> Any:
        """boto3 itself, to look at what the backend did."""
        import boto3
        from botocore.config import Config

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
                raise self._failure(f"exited with {self._process.returncode}")
            try:
                client.create_bucket(Bucket="ready-probe")
                client.put_object(Bucket="ready-probe", Key="x", Body=b"1")
                client.close()
                return
            except Exception as error:  # noqa: BLE001 - whatever it says, it is not ready
                problem = error
                time.sleep(0.05)
        raise self._failure(f"is not ready: {problem}")

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _failure(self, what: str) -> RuntimeError:
        return RuntimeError(f"weed {what}: {self._log.read_text()[-2000:]}")


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
        f"-volume.max={VOLUMES}",
    ]


def free_ports(count: int) -> list[int]:
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(10_000, 22_000)  # below those that Linux gives to outgoing connections, with gRPC, too
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
