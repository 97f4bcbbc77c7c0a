"""A vendor to test a provider against: a server on loopback that keeps every request and answers as it is told.

```python
with VendorSimulator() as vendor:
    vendor.on("POST", "/v1/images", Answer(body={"id": "1"}))
    provider = AcmeProvider("key", base_url=f"{vendor.url}/v1")
    ...
    assert vendor.sent("POST", "/v1/images")[0].body == {"prompt": "a fox"}
```
"""

from __future__ import annotations

import json
import re
import socket
import threading
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Answer", "Received", "VendorSimulator", "same_request"]

#: Headers that say who sends or how, not what.
_UNSAID: Final = (
    r"host|user-agent|accept(-encoding)?|connection|content-(length|type)|traceparent"
    r"|x-(stainless|fern)-.*|x-goog-api-client"
)
#: Seconds that a request to be left without an answer is held at most.
HELD_SEC: Final = 60.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the simulator answers.

    Attributes:
        status: HTTP status.
        body: Bytes as they are; anything else as JSON.
        headers: Added to the answer.
        fault: Instead of an answer: `reset` breaks the connection, `silence` says nothing until the simulator ends.
            Both only after the whole request was read.
    """

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = {}
    fault: Literal["reset", "silence"] | None = None


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A request, without what differs between two equal ones: boundaries, the order of keys and parts.

    Attributes:
        method: In capitals.
        path: Without query.
        query: Sorted pairs.
        headers: Names in lower case.
        kind: Media type of the body.
        body: Parsed JSON; the sorted parts of a multipart body as (field, file name, media type, content); or bytes.
    """

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    kind: str
    body: Any

    def field(self, name: str) -> bytes | None:
        """The content of the first part of that name in a multipart body."""
        return next((part[3] for part in self.body if part[0] == name), None)


def same_request(ours: Received, theirs: Received, *ignored: str) -> None:
    """Check that two requests mean the same: ours, and that of the vendor's official SDK.

    What says who sends or how is left out, and of file names all but the suffix.

    Args:
        ours: What the provider sent.
        theirs: What the SDK sent.
        ignored: Headers to leave out besides, as regular expressions.

    Raises:
        AssertionError: They differ; with every difference.
    """
    left, right = _meaning(ours, ignored), _meaning(theirs, ignored)
    different = {name: (left[name], right[name]) for name in left if left[name] != right[name]}
    assert not different, f"ours and the SDK's: {different}"


def _meaning(call: Received, ignored: tuple[str, ...]) -> dict[str, Any]:
    unsaid = re.compile("|".join((_UNSAID, *ignored)))
    body = call.body
    if call.kind == "multipart/form-data":
        body = [(field, name.rpartition(".")[2], kind, data) for field, name, kind, data in body]
    return {
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "kind": call.kind if call.body else "",  # some clients label requests without a body
        "headers": {name: value for name, value in call.headers.items() if not unsaid.fullmatch(name)},
        "body": body,
    }


Reaction: TypeAlias = "Answer | Callable[[Received], Answer]"


class VendorSimulator:
    """A server on loopback, for as long as the `with` block lasts.

    Attributes:
        url: `http://127.0.0.1:port`.
        calls: Every request, in the order of arrival.
    """

    def __init__(self) -> None:
        self.calls: list[Received] = []
        self._routes: list[tuple[str, re.Pattern[str], list[Reaction]]] = []
        self._first: list[tuple[str, re.Pattern[str], Reaction]] = []
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def on(self, method: str, path: str, *reactions: Reaction) -> None:
        """Say what is answered: one reaction after the other, the last one for good.

        Args:
            method: HTTP method.
            path: Regular expression for the whole path; a later one goes before an earlier one.
            reactions: Answers, or functions of the request that give one.
        """
        self._routes.insert(0, (method, re.compile(path), list(reactions)))

    def first(self, method: str, path: str, *reactions: Reaction) -> None:
        """Say what is answered before what `on` says, each once: a failure on the way to a good answer."""
        self._first += [(method, re.compile(path), reaction) for reaction in reactions]

    def sent(self, method: str, path: str) -> list[Received]:
        """The requests that came in for a path."""
        return [call for call in self.calls if call.method == method and re.fullmatch(path, call.path)]

    def __enter__(self) -> VendorSimulator:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, received: Received) -> Answer:
        with self._lock:
            self.calls.append(received)
            reaction = self._reaction(received)
        return reaction if isinstance(reaction, Answer) else reaction(received)

    def _reaction(self, received: Received) -> Reaction:
        for entry in self._first:
            if entry[0] == received.method and entry[1].fullmatch(received.path):
                self._first.remove(entry)
                return entry[2]
        for method, path, reactions in self._routes:
            if method == received.method and path.fullmatch(received.path):
                return reactions.pop(0) if len(reactions) > 1 else reactions[0]
        return Answer(status=404, body={"error": {"message": f"nothing at {received.method} {received.path}"}})

    def _hold(self) -> None:
        self._ending.wait(HELD_SEC)


def _handler(simulator: VendorSimulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            answer = simulator._answer(received(self.command, self.path, dict(self.headers.items()), body))
            if answer.fault is not None:
                self._break(answer.fault)
                return
            content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            kind = {} if isinstance(answer.body, bytes) else {"content-type": "application/json"}
            self.send_response(answer.status)
            for name, value in {**kind, **answer.headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def _break(self, fault: str) -> None:
            self.close_connection = True
            if fault == "silence":
                simulator._hold()
            else:
                self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    return Handler


def received(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Received:
    """A request in the form in which two equal ones are equal."""
    url, names = urlsplit(target), {name.lower(): value for name, value in headers.items()}
    kind = names.get("content-type", "").partition(";")[0]
    return Received(
        method=method,
        path=url.path,
        query=sorted(parse_qsl(url.query, keep_blank_values=True)),
        headers=names,
        kind=kind,
        body=_parsed(kind, names.get("content-type", ""), body),
    )


def _parsed(kind: str, content_type: str, body: bytes) -> Any:
    if kind == "multipart/form-data":
        message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
        return sorted(_part(part) for part in message.get_payload())
    if kind == "application/json" and body:
        try:
            return json.loads(body)
        except ValueError:
            return body  # some clients label raw uploads as JSON
    return body


def _part(part: Any) -> tuple[str, str, str, bytes]:
    name, filename = part.get_param("name", header="content-disposition"), part.get_filename() or ""
    return name, filename, part.get_content_type() if filename else "", part.get_payload(decode=True)
