"""What a machine's kernel tells about processes that it killed for memory, and the end of one process.

These functions run in a worker on that machine.
"""

import os
import signal
from pathlib import Path

COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))
"""Files with a line `oom_kill N`: of the container, or of the whole machine where there is no container."""


def memory_kills(paths: tuple[Path, ...] = COUNTERS) -> int | None:
    """Return how many processes the kernel has killed because memory ran out; None where it tells nothing."""
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        for name, _, count in (line.partition(" ") for line in lines):
            if name == "oom_kill" and count.strip().isdigit():
                return int(count)
    return None


def kill_process(pid: int) -> None:
    """End a process of this machine at once, whatever it does; nothing happens where it is gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
