"""A proxy before one HTTP server on loopback, which breaks requests and answers as it is told.

```python
with FaultProxy(port) as proxy:
    proxy.add("status", "PUT", code=503, error="SlowDown", headers={"Retry-After": "1"}, times=2)
    ...  # talk to proxy.url
    proxy.log  # [("PUT", "/bucket/key", "status"), …]
```

| action | what happens |
|---|---|
| `refuse` | the connection breaks, the server hears nothing |
| `status` (`code`, `error`, `headers`) | the proxy answers with an error of S3's, the server hears nothing |
| `hang` | no answer until the client gives up |
| `drop` (`bytes`) | the connection breaks after so many bytes of the request's body |
| `garble` | the last bit of the request's body is flipped |
| `lose` | the server does it, the client gets no answer |
| `truncate` (`bytes`) | the answer ends after so many bytes of its body |
| `stall` (`bytes`) | it stops there, until the client gives up |
| `corrupt` | one bit of the answer's body is flipped |
"""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Self

BLOCK = 65_536
Header = Callable[[str], "str | None"]


@dataclass
class Rule:
    """A fault, and the requests that it happens to."""

    action: str
    method: str = ".*"
    path: str = ".*"
    times: int = 1
    header: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    fired: int = 0

    def matches(self, request: Message) -> bool:
        """Whether it happens to this request."""
        return (
            self.fired < self.times
            and re.fullmatch(self.method, request.method) is not None
            and re.search(self.path, request.path) is not None
            and (
                self.header is None
                or any(f"{name}: {value}".startswith(self.header) for name, value in request.headers.items())
            )
        )


class Message:
    """The head of a request or of an answer."""

    def __init__(self, file: BinaryIO) -> None:
        self.first = file.readline()
        self.lines: list[bytes] = []
        while (line := file.readline()) not in (b"\r\n", b""):
            self.lines.append(line)
        pairs = (line.decode("latin-1").partition(":") for line in self.lines)
        self.headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        self.method, self.path, *_ = [*self.first.decode("latin-1").split(" "), "", ""]

    @property
    def header_lines(self) -> list[str]:
        """Each header as `name: value`."""
        return [f"{name}: {value}" for name, value in self.headers.items()]

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return int(self.headers.get("content-length", 0))

    def encoded(self) -> bytes:
        """The head as it is passed on: one request for each connection, nothing expected."""
        dropped = (b"connection:", b"expect:", b"keep-alive:")
        kept = [line for line in self.lines if not line.lower().startswith(dropped)]
        return self.first + b"".join(kept) + b"Connection: close\r\n\r\n"


class BrokenError(Exception):
    """The connection is to be reset."""


class FaultProxy:
    """The proxy; it serves from entering the context to leaving it."""

    def __init__(self, port: int) -> None:
        self.log: list[tuple[str, str, str | None]] = []
        self._upstream = ("127.0.0.1", port)
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(30)

    def add(self, action: str, method: str = ".*", path: str = ".*", *, times: int = 1, **options: Any) -> None:
        """Let a fault happen to the next requests that fit; `header` is how one begins that they must have."""
        header = options.pop("header", None)
        self._rules.append(Rule(action, method, path, times, header, options))

    def heal(self) -> None:
        """Break nothing any more."""
        self._rules.clear()

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(60)
        with client, client.makefile("rb") as file:
            try:
                request = Message(file)
                if request.first:
                    self._answer(client, file, request)
            except (BrokenError, OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _answer(self, client: socket.socket, file: BinaryIO, request: Message) -> None:
        rule = self._pick(request)
        match rule.action:
            case "refuse":
                raise BrokenError
            case "status":
                _drain(client, file, request)
                client.sendall(_refusal(request, **rule.options))
            case "hang":
                self._until_gone(client)
            case _:
                self._forward(client, file, request, rule)

    def _pick(self, request: Message) -> Rule:
        with self._lock:
            rule = next((rule for rule in self._rules if rule.matches(request)), Rule("pass"))
            rule.fired += 1
            self.log.append((request.method, request.path, None if rule.action == "pass" else rule.action))
        return rule

    def _forward(self, client: socket.socket, file: BinaryIO, request: Message, rule: Rule) -> None:
        with socket.create_connection(self._upstream, 60) as server, server.makefile("rb") as answers:
            server.sendall(request.encoded())
            _expected(client, request)
            limit = rule.options["bytes"] if rule.action == "drop" else None
            _pump(file, server, request.length, limit, garbled=rule.action == "garble")
            answer = Message(answers)
            while b" 100 " in answer.first:
                answer = Message(answers)
            body = b"" if request.method == "HEAD" else answers.read()
        if rule.action == "lose":
            raise BrokenError
        client.sendall(answer.encoded())
        self._send(client, body, rule)

    def _send(self, client: socket.socket, body: bytes, rule: Rule) -> None:
        if rule.action == "corrupt":
            body = bytes([body[0] ^ 1]) + body[1:]
        if rule.action not in {"truncate", "stall"}:
            client.sendall(body)
            return
        client.sendall(body[: rule.options["bytes"]])
        if rule.action == "stall":
            self._until_gone(client)

    def _until_gone(self, client: socket.socket) -> None:
        """Say nothing while the client waits."""
        client.settimeout(0.1)
        while not self._over.is_set():
            try:
                if not client.recv(BLOCK):
                    return
            except TimeoutError:
                continue


def _expected(client: socket.socket, request: Message) -> None:
    if request.headers.get("expect", "").lower() == "100-continue":
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def _drain(client: socket.socket, file: BinaryIO, request: Message) -> None:
    _expected(client, request)
    left = request.length
    while left and (block := file.read(min(left, BLOCK))):
        left -= len(block)


def _pump(file: BinaryIO, server: socket.socket, length: int, limit: int | None, *, garbled: bool) -> None:
    left = length if limit is None else min(length, limit)
    while left and (block := file.read(min(left, BLOCK))):
        left -= len(block)
        server.sendall(block if left or not garbled else block[:-1] + bytes([block[-1] ^ 1]))
    if limit is not None:
        raise BrokenError


def _refusal(
    request: Message, code: int = 503, error: str = "SlowDown", headers: dict[str, str] | None = None
) -> bytes:
    body = f"<?xml version='1.0'?><Error><Code>{error}</Code><Message>injected</Message></Error>".encode()
    lines = {
        "Content-Type": "application/xml",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {code} Injected\r\n{head}\r\n".encode() + (b"" if request.method == "HEAD" else body)
