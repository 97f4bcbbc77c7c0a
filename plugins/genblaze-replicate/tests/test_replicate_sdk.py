"""The official SDK and this plugin send the same requests."""

import os

import pytest
import replicate as sdk

from genblaze import Asset, Pipeline
from genblaze.sync import run_sync
from genblaze.testing import Answer, same_request
from genblaze_replicate import ReplicateProvider

VERSION = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa"
MODEL, ASKED = "black-forest-labs/flux-schnell", {"prompt": "a fox", "num_outputs": 2, "go_fast": True}
MORE = {"created_at": "2026-11-25T12:00:00Z", "logs": "", "urls": {}}
SUBMIT = "/v1/(.*/)?predictions"


@pytest.fixture
def client(replicate, prediction):
    replicate.on("POST", SUBMIT, Answer(status=201, body=prediction(**MORE)))
    replicate.on("POST", "/v1/predictions/p1/cancel", Answer(body=prediction(status="canceled", **MORE)))
    made = sdk.Client(api_token=os.environ["REPLICATE_API_TOKEN"], base_url=replicate.url)
    yield made
    made._client.close()  # it has no method of its own for that


def same(vendor, method, path):
    """That we let nothing run on unwatched (`Cancel-After`) is our addition."""
    theirs, ours = vendor.sent(method, path)
    same_request(ours, theirs, "cancel-after")


def run(folder, model, **more):
    step = {"model": model, "modality": "image", **ASKED, **more}
    return Pipeline("p", output_dir=folder).step(ReplicateProvider(poll_interval=0.01), **step).run()


def test_asking_an_official_model(replicate, client, tmp_path):
    client.models.predictions.create(MODEL, input=ASKED)
    run(tmp_path, MODEL)
    same(replicate, "POST", SUBMIT)


def test_asking_a_version(replicate, client, tmp_path):
    client.predictions.create(version=VERSION, input=ASKED)
    run(tmp_path, VERSION)
    same(replicate, "POST", SUBMIT)


def test_asking_a_deployment(replicate, client, tmp_path):
    client.deployments.predictions.create("acme/foxes", input=ASKED)
    run(tmp_path, "deployments/acme/foxes")
    same(replicate, "POST", SUBMIT)


def test_cancelling(replicate, client):
    client.predictions.cancel("p1")
    run_sync(lambda: ReplicateProvider().drop("p1"))
    same(replicate, "POST", "/v1/predictions/p1/cancel")


def test_looking_after_a_prediction_and_listing_them(replicate, client, prediction):
    replicate.on("GET", "/v1/predictions", Answer(body={"results": [], "next": None, "previous": None}))
    replicate.on("GET", "/v1/predictions/p1", Answer(body=prediction(**MORE)))
    client.predictions.get("p1")
    client.predictions.list()
    provider = ReplicateProvider()
    run_sync(lambda: provider.look("p1"))
    run_sync(lambda: anext(provider._predictions(0.0), None))
    same(replicate, "GET", "/v1/predictions/p1")
    theirs, ours = replicate.sent("GET", "/v1/predictions")
    assert (ours.path, ours.query[0][0], theirs.query) == (theirs.path, "created_after", [])  # it has no such argument


def test_uploading_a_file(replicate, client, png, tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(png + bytes(300_000))
    file = {"id": "f1", "name": "large.png", "content_type": "image/png", "size": 1, "etag": "e", "metadata": {}}
    file |= {"checksums": {}, "created_at": "2026-11-25T12:00:00Z", "expires_at": "2026-11-26T12:00:00Z"}
    replicate.on("POST", "/v1/files", Answer(status=201, body={**file, "urls": {"get": "https://files.example/f1"}}))
    client.files.create(path)
    run(tmp_path, MODEL, external_inputs=[Asset(url=path.as_uri(), media_type="image/png")])
    theirs, ours = replicate.sent("POST", "/v1/files")
    content = next(part for part in theirs.body if part[0] == "content")  # the SDK adds its own guess of name and type
    (mine,) = ours.body
    assert (mine[0], mine[2:]) == (content[0], content[2:])
    assert ours.headers["authorization"] == theirs.headers["authorization"]
