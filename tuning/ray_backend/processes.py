"""The processes of a Ray that this process has started, which are ended even if that Ray cannot end them."""

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

END_TIMEOUT_S = 5.0
"""How long killed processes are waited for."""
LEAVE_TIMEOUT_S = 12.0
"""How long Ray's own shutdown is waited for; a dead Ray may block it."""


class RayProcesses:
    """The processes of the Ray whose temporary files are in `folder`.

    The processes that Ray starts from this one name the folder on their command line, as workers do until they
    are ready; all others are descendants of these. A ready worker whose parent has died is found only if it was
    noted before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = os.fsdecode(folder)
        self._noted: set[psutil.Process] = set()

    def note(self) -> None:
        """Note the processes that run now."""
        pids = {process.pid for process in self._noted}
        for process in psutil.Process().children(recursive=True):  # parents before their children
            with suppress(psutil.Error):
                if process.ppid() in pids or any(self._folder in part for part in process.cmdline()):
                    self._noted.add(process)
                    pids.add(process.pid)

    def end(self) -> None:
        """Kill all that run, and wait until they are gone."""
        self.note()
        self._noted.update(self._starting())
        running = [process for process in self._noted if process.is_running()]
        for process in running:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(running, timeout=END_TIMEOUT_S)

    def _starting(self) -> Iterator[psutil.Process]:
        """Yield Ray's processes that name the folder, also those whose raylet died while they started."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                words = process.cmdline()
                is_of_ray = any("/ray/" in part for part in words) and process.uids().real == os.getuid()
                if is_of_ray and any(self._folder in part for part in words):
                    yield process


def leave_ray() -> None:
    """Disconnect from Ray, and end it if this process has started it.

    After `LEAVE_TIMEOUT_S` this gives up, and Ray is not asked again when the interpreter exits.
    """
    import ray

    thread = threading.Thread(target=ray.shutdown, name="ray-shutdown", daemon=True)
    thread.start()
    thread.join(LEAVE_TIMEOUT_S)
    if thread.is_alive():
        atexit.unregister(ray.shutdown)
