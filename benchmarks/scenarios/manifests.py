"""Manifests of a run: build, hash, serialise, parse, verify."""

from __future__ import annotations

import hashlib
import json

from benchmarks.scenarios.samples import run_of
from benchmarks.scenarios.timing import seconds


def measure(steps: str) -> dict[str, float]:
    """Seconds for a manifest of so many steps; `limit` is the SHA-256 of its JSON."""
    from genblaze_core import Manifest, parse_manifest

    run = run_of(int(steps))
    manifest = Manifest.from_run(run)
    text = manifest.to_canonical_json()
    data = json.loads(text)
    encoded = text.encode()
    return {
        "build": seconds(lambda: run_of(int(steps))),
        "hash": seconds(lambda: Manifest.from_run(run)),
        "to json": seconds(manifest.to_canonical_json),
        "parse": seconds(lambda: parse_manifest(json.loads(text))),
        "parse dict": seconds(lambda: parse_manifest(data)),
        "verify": seconds(manifest.verify),
        "limit": seconds(lambda: hashlib.sha256(encoded).hexdigest()),
    }
