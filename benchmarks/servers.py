"""The S3 server that storage scenarios write to, and the same server far away."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.environments import ROOT

NEAR, FAR, AUTHORITY = "BENCHMARK_BUCKET_NEAR", "BENCHMARK_BUCKET_FAR", "AWS_CA_BUNDLE"
LATENCY_SEC = 0.05
BLOCK = 1 << 18
MEMORY = Path("/dev/shm")


@contextlib.contextmanager
def buckets() -> Iterator[None]:
    """A SeaweedFS that keeps its data in memory, and a way to it that takes time, both gone afterwards.

    Its URLs stand in the environment, with TLS as those of every real one, and so does the authority behind it.
    """
    sys.path.insert(0, str(ROOT / "plugins" / "genblaze-s3" / "tests"))
    import seaweed

    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        port = seaweed.free_ports(1)[0]
        options = (f"-s3.port.https={port}", *_certificate(Path(name)), "-s3.allowDeleteBucketNotEmpty=true")
        server = seaweed.Server(Path(name), options)
        try:
            server.wait()
            with _far_away(port) as far:
                os.environ |= {NEAR: f"https://127.0.0.1:{port}", FAR: f"https://127.0.0.1:{far}"}
                yield
        finally:
            server.stop()
            for variable in (NEAR, FAR, AUTHORITY):
                os.environ.pop(variable, None)


def _certificate(folder: Path) -> tuple[str, str]:
    """The server's options for a certificate of its own."""
    import trustme

    authority = trustme.CA()
    identity = authority.issue_cert("127.0.0.1")
    files = [folder / name for name in ("authority.pem", "server.pem", "server.key")]
    authority.cert_pem.write_to_path(files[0])
    identity.cert_chain_pems[0].write_to_path(files[1])
    identity.private_key_pem.write_to_path(files[2])
    os.environ[AUTHORITY] = str(files[0])
    return (f"-s3.cert.file={files[1]}", f"-s3.key.file={files[2]}")


@contextlib.contextmanager
def _far_away(port: int) -> Iterator[int]:
    """The port of a process that passes everything on to another port, late."""
    command = [sys.executable, "-m", "benchmarks.servers", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline()) if process.stdout else 0
    finally:
        process.kill()
        process.communicate()


async def _serve(port: int) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, downstream = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pass_on(reader, downstream), _pass_on(upstream, writer), return_exceptions=True)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=BLOCK)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Every piece half the latency after it came, however many are on their way."""
    loop = asyncio.get_running_loop()
    on_their_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, piece = await on_their_way.get()
            await asyncio.sleep(due - loop.time())
            if not piece:
                writer.close()
                return
            writer.write(piece)
            await writer.drain()

    delivering = asyncio.create_task(deliver())
    piece = b"first"
    while piece:
        try:
            piece = await reader.read(BLOCK)
        except OSError:
            piece = b""
        on_their_way.put_nowait((loop.time() + LATENCY_SEC / 2, piece))
    await delivering


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
