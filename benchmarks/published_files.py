"""Runs under the published package's own Python: reads our files and embeds into others, as JSON lines ask.

`formats.py` starts it; each line names a task ("read" or "embed"), a path and, to embed, a manifest.
"""

import json
import sys
import warnings

from genblaze_core.media import SmartEmbedder, get_handler, guess_mime
from genblaze_core.models import parse_manifest

warnings.simplefilter("ignore")


def read(task: dict) -> str | None:
    """The canonical hash of the manifest in a file."""
    handler = get_handler(guess_mime(task["path"]))
    return None if handler is None else handler.extract(task["path"]).canonical_hash


def embed(task: dict) -> str:
    """How a manifest was embedded."""
    manifest = parse_manifest(json.loads(task["manifest"]))
    return SmartEmbedder().embed(task["path"], manifest).method


for line in sys.stdin:
    task = json.loads(line)
    try:
        answer = {"read": read, "embed": embed}[task["do"]](task)
    except Exception:  # noqa: BLE001 - whatever it raises, it did not work
        answer = None
    print(json.dumps(answer), flush=True)
