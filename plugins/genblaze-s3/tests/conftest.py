"""A real S3 server for each test process (SeaweedFS), an empty bucket for each test, and faults on the way to it."""

from __future__ import annotations

import shutil
import uuid

import pytest
from fault_proxy import FaultProxy
from seaweed import KEY, SECRET, Server

from genblaze.storing import StorageConfig
from genblaze_s3 import S3StorageBackend


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server of this test process."""
    root = tmp_path_factory.mktemp("weed")
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


@pytest.fixture
def amazon_variables(monkeypatch, server):
    """The server as the one that `s3:` URLs mean."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
