"""A vendor that takes money, as a process of its own: `python -m genblaze_local.paid_vendor --kind listing`.

It prints its address, serves HTTP until its standard input closes or it is stopped, and remembers every submit that
reached it. What vendors do to a client can be ordered: failures before and after a job exists, and delays.

| request | answer |
|---|---|
| `POST /jobs` `{"prompt", "tag"}` | 201 `{"id"}`; with `--kind idempotent` the same one for the same Idempotency-Key |
| `GET /jobs?tag=…` | `{"jobs": [{"id", "tag"}]}` with `--kind listing`, else 404 |
| `GET /jobs/ID` | `{"status": "working" or "done"}` |
| `GET /jobs/ID/output` | a PNG file |
| `DELETE /jobs/ID` | nothing; the job was paid for all the same |
| `GET /ledger` | every submit that arrived: `{"submits": [{"prompt", "tag", "job", "new"}]}`; `new` ones cost money |
| `POST /faults` `{"on", "fault", "times", "accept"}` | the next `times` requests of that phase fail: see `FAULTS` |
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import socket
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KINDS = ("idempotent", "listing", "neither")

#: What may be ordered, and how it looks to the client. Those marked True come after a submit was accepted; a status
#: is one or the other, as `accept` says.
FAULTS = {
    "reset_before_body": False,  # the connection breaks while the client may still be sending
    "reset_after_body": True,
    "no_answer": True,  # the connection stays open and nothing comes
    "half_answer": True,  # the connection breaks in the middle of the answer
    "not_json": True,  # a proxy's page in place of the answer
    "500": None,
    "502": None,
    "504": None,
    "429": None,  # with Retry-After: 0.05
    "503": None,
}
_SIDE = 32
_NO_ANSWER_SEC = 60.0


class Ledger:
    """What the vendor knows: its jobs, every submit, and the faults that were ordered."""

    def __init__(self, kind: str) -> None:
        """`kind` is one of `KINDS`."""
        self.kind = kind
        self.submits: list[dict[str, Any]] = []
        self._faults: dict[str, list[tuple[str, bool]]] = {}
        self._jobs: dict[str, dict[str, str]] = {}
        self._by_key: dict[str, str] = {}
        self._lock = threading.Lock()

    def accept(self, prompt: str, tag: str, key: str | None) -> str:
        """The job of a submit: a new one, which costs money, unless its key was used before."""
        with self._lock:
            known = self._by_key.get(key) if key is not None and self.kind == "idempotent" else None
            job = known or f"job-{len(self._jobs) + 1}"
            self._jobs[job] = {"id": job, "tag": tag, "prompt": prompt}
            if key is not None:
                self._by_key[key] = job
            self.submits.append({"prompt": prompt, "tag": tag, "job": job, "new": known is None})
            return job

    def turn_away(self, prompt: str, tag: str) -> None:
        """Remember a submit that came to nothing."""
        with self._lock:
            self.submits.append({"prompt": prompt, "tag": tag, "job": None, "new": False})

    def job(self, job_id: str) -> dict[str, str] | None:
        """A job, or None."""
        return self._jobs.get(job_id)

    def tagged(self, tag: str) -> list[dict[str, str]]:
        """The jobs with that tag."""
        with self._lock:
            return [job for job in self._jobs.values() if job["tag"] == tag]

    def order(self, on: str, fault: str, times: int, *, accept: bool) -> None:
        """Let the next requests of a phase (`submit`, `list`, `poll`, `fetch`) fail."""
        fixed = FAULTS[fault]
        with self._lock:
            self._faults.setdefault(on, []).extend([(fault, accept if fixed is None else fixed)] * times)

    def fault(self, on: str) -> tuple[str, bool] | None:
        """The next fault of a phase, and whether the request is taken all the same."""
        with self._lock:
            waiting = self._faults.get(on)
            return waiting.pop(0) if waiting else None


class PaidVendor(ThreadingHTTPServer):
    """The vendor. With `delay`, every request waits up to so many seconds before and after it takes effect."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, kind: str, *, port: int = 0, delay: float = 0.0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        self.ledger = Ledger(kind)
        self.delay = delay
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def wait(self) -> None:
        """Take some time, as a network and a vendor do."""
        if self.delay:
            time.sleep(random.uniform(0.0, self.delay))  # noqa: S311 - no secret depends on it

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that died is what this vendor is for; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: PaidVendor

    def do_POST(self) -> None:
        if self.path == "/faults":
            asked = self._body()
            self.server.ledger.order(
                asked["on"], asked["fault"], asked.get("times", 1), accept=asked.get("accept", False)
            )
            self._answer(204)
        elif self.path == "/jobs":
            self._submit()
        else:
            self._answer(404)

    def do_GET(self) -> None:
        ledger, path = self.server.ledger, urlsplit(self.path)
        parts = path.path.strip("/").split("/")
        match parts:
            case ["ledger"]:
                self._answer(200, {"submits": ledger.submits})
            case ["jobs"] if ledger.kind == "listing":
                tag = parse_qs(path.query).get("tag", [""])[0]
                self._after_faults("list", lambda: self._answer(200, {"jobs": ledger.tagged(tag)}))
            case ["jobs", job_id] if ledger.job(job_id):
                self._after_faults("poll", lambda: self._answer(200, {"status": "done"}))
            case ["jobs", job_id, "output"] if job := ledger.job(job_id):
                self._after_faults("fetch", lambda: self._answer(200, picture(job["prompt"]), "image/png"))
            case _:
                self._answer(404)

    def do_DELETE(self) -> None:
        self._answer(204)

    def _submit(self) -> None:
        ledger = self.server.ledger
        fault, taken = ledger.fault("submit") or (None, True)
        if fault == "reset_before_body":
            ledger.turn_away("", "")
            self._reset()
            return
        asked = self._body()
        self.server.wait()
        if not taken:
            ledger.turn_away(asked["prompt"], asked["tag"])
            self._fail(fault or "")
            return
        job = ledger.accept(asked["prompt"], asked["tag"], self.headers.get("Idempotency-Key"))
        self.server.wait()
        if fault is None:
            self._answer(201, {"id": job})
        else:
            self._fail(fault)

    def _after_faults(self, on: str, answer: Callable[[], None]) -> None:
        self.server.wait()
        ordered = self.server.ledger.fault(on)
        if ordered is None:
            answer()
        else:
            self._fail(ordered[0])

    def _fail(self, fault: str) -> None:
        if fault.startswith("reset"):
            self._reset()
        elif fault == "no_answer":
            time.sleep(_NO_ANSWER_SEC)
        elif fault == "half_answer":
            self._answer(200, b'{"id": "jo', "application/json", declared=100)
        elif fault == "not_json":
            self._answer(200, b"<html>Welcome to our proxy</html>", "text/html")
        else:
            self._answer(int(fault), {"error": f"ordered: {fault}"})

    def _reset(self) -> None:
        """Break the connection with an RST, which is what a crashed vendor or a firewall gives."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _body(self) -> Any:
        length = int(self.headers["Content-Length"])
        content = self.rfile.read(length)
        if len(content) < length:
            raise ConnectionResetError  # the client died while it was sending: there is no request
        return json.loads(content)

    def _answer(
        self, status: int, body: Any = b"", kind: str = "application/json", *, declared: int | None = None
    ) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(declared or len(content)))
        self.send_header("Connection", "close")
        if status == 429:
            self.send_header("Retry-After", "0.05")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Standard output is for the address alone."""


def picture(prompt: str) -> bytes:
    """A small PNG file that depends on the prompt alone."""
    row = hashlib.sha256(prompt.encode()).digest() * 3
    pixels = b"".join(b"\0" + row[at:] + row[:at] for at in range(_SIDE))
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def main() -> None:
    """Serve until standard input ends, so that the vendor goes when its parent goes."""
    parser = argparse.ArgumentParser(prog="python -m genblaze_local.paid_vendor", description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=KINDS, default="neither", help="what it knows against buying twice")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that a request waits at most, twice")
    options = parser.parse_args()
    with PaidVendor(options.kind, port=options.port, delay=options.delay) as vendor:
        threading.Thread(target=vendor.serve_forever, daemon=True).start()
        sys.stdout.write(f"{vendor.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
        vendor.shutdown()


if __name__ == "__main__":
    main()
