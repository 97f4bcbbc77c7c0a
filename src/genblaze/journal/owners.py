"""Which process works on something, and whether it still does."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path


def owner_of_this_process() -> str:
    """How this process signs: host, process id, and when it started, because process ids come back."""
    return _signature(os.getpid())


@lru_cache(maxsize=1)
def _signature(pid: int) -> str:
    return f"{socket.gethostname()} {pid} {_started(pid)}"


def is_alive(owner: str) -> bool:
    """Whether the process that signed `owner` still runs; one on another machine counts as alive."""
    host, pid, started = owner.split(" ")
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    now = _started(int(pid))
    return "?" in (now, started) or now == started


def _started(pid: int) -> str:
    """When a process started, in the kernel's clock ticks; `?` where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "?"
    return stat.rpartition(")")[2].split()[19]
