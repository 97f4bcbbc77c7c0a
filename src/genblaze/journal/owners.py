"""Which process works on something, and whether it still does."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path
from time import time

#: Seconds between the signs of life that a process gives to those that cannot look at it.
BEAT_SEC = 30.0
#: Seconds after the last one for which it is believed to live.
BELIEVED_SEC = 150.0
#: States of processes that have ended and only wait for their parent to take notice.
_DEAD = ("Z", "X")


def owner_of_this_process() -> str:
    """How this process signs: host, process id, and when it started, because process ids come back."""
    return _signature(os.getpid())


@lru_cache(maxsize=1)
def _signature(pid: int) -> str:
    return f"{socket.gethostname()} {pid} {_state(pid)[1]}"


def is_alive(owner: str, seen: float) -> bool:
    """Whether the process that signed `owner` still runs.

    Args:
        owner: Its signature.
        seen: When it gave its last sign of life, in seconds since the epoch: all that is known of a process on another
            machine, or in another container.
    """
    host, pid, started = owner.split(" ")
    if host != socket.gethostname():
        return time() - seen < BELIEVED_SEC
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    state, now = _state(int(pid))
    return state not in _DEAD and ("?" in (now, started) or now == started)


def _state(pid: int) -> tuple[str, str]:
    """State of a process, and when it started, in the kernel's clock ticks; `?` where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "?", "?"
    fields = stat.rpartition(")")[2].split()
    return fields[0], fields[19]
