"""Processes that tests kill."""

import signal
import subprocess
from typing import Any

import psutil


def kill_family(process: subprocess.Popen[Any]) -> list[psutil.Process]:
    """Kill a process and all that it started, as a power cut would, and return them."""
    root = psutil.Process(process.pid)
    family = [root, *root.children(recursive=True)]
    for member in family:
        if member.is_running():
            member.send_signal(signal.SIGKILL)
    psutil.wait_procs(family, timeout=20)
    process.wait(timeout=20)
    return family
