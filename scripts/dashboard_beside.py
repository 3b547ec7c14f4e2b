"""The dashboard's server beside a running sweep: a process of its own, which ends with the sweep's."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

END_S = 2.0
"""How long the server has to end, in seconds, before it is killed."""


@contextmanager
def dashboard_beside(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Serve a sweep's folder while the block runs, and `say` the link, or why there is none.

    Nothing that happens to the server reaches the sweep. It is in a session of its own, so that Ctrl-C in the
    terminal ends the sweep first, and it uses no GPU.
    """
    try:
        server = subprocess.Popen(  # noqa: S603 - this program
            [sys.executable, "-m", "sweepbox.scripts.dashboard", str(folder), "--beside"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        )
    except OSError as error:
        say(f"no dashboard: {error}")
        yield
        return
    reader = threading.Thread(target=_tell, args=(server, say), name="dashboard-link", daemon=True)
    reader.start()
    try:
        yield
    finally:
        with suppress(OSError):  # its pipe is broken where it has died
            server.stdin.close()  # type: ignore[union-attr]
        try:
            server.wait(END_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        reader.join(END_S)
        server.stdout.close()  # type: ignore[union-attr]


def _tell(server: "subprocess.Popen[str]", say: Callable[[str], None]) -> None:
    """Say the first line that the server prints, and take what follows so that it never waits."""
    first = server.stdout.readline().strip()  # type: ignore[union-attr]
    say(f"dashboard: {first}" if first.startswith("http") else f"no dashboard: {first or 'it ended at once'}")
    for _ in server.stdout:  # type: ignore[union-attr]
        pass
