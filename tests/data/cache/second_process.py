"""A second process that opens records, for tests of several processes that share a cache.

It imports TensorFlow once for all tests. Each line of its input is a JSON request (`path`, `fatal_row`), each
line of its output is the result. It kills itself after writing row number `fatal_row` of a file.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


@dataclass
class SecondProcess:
    """The second process, started at first use and restarted after it was killed."""

    process: subprocess.Popen[str] | None = None

    def start_opening(self, path: Path, *, fatal_row: int = 0) -> None:
        """Make it open the records of a file without waiting; it kills itself after row `fatal_row`."""
        process = self._running()
        assert process.stdin is not None
        process.stdin.write(json.dumps({"path": str(path), "fatal_row": fatal_row}) + "\n")
        process.stdin.flush()

    def result(self) -> dict[str, Any]:
        """Wait for the result of the last request."""
        process = self._running()
        assert process.stdout is not None
        found: dict[str, Any] = json.loads(process.stdout.readline())
        return found

    def wait_for_exit(self) -> int:
        """Wait until it has exited and return the exit status."""
        assert self.process is not None
        status = self.process.wait(timeout=120)
        self.close()
        return status

    def close(self) -> None:
        """Kill it if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _running(self) -> subprocess.Popen[str]:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.data.cache.second_process"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert self.result() == {}  # it has imported its modules
        return self.process


def _send(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def main() -> None:
    import tensorflow  # noqa: F401 - imported before the first request

    from sweepbox.detection.data.cache import open_record_set
    from sweepbox.detection.data.cache.arrow.writer import ArrowWriter
    from tests.data.small_records import LABELS, cache_file

    written = fatal_row = 0
    add = ArrowWriter.add

    def add_and_count(self: ArrowWriter, row: Any) -> None:
        nonlocal written
        add(self, row)
        written += 1
        if written == fatal_row:
            os.kill(os.getpid(), signal.SIGKILL)

    ArrowWriter.add = add_and_count  # type: ignore[method-assign]  # injects the fault
    _send({})
    for line in sys.stdin:
        request = json.loads(line)
        written, fatal_row = 0, request["fatal_row"]
        path = Path(request["path"])
        records = open_record_set([path], LABELS)
        found = {
            "encoded": records.is_encoded,
            "sums": [int(records.image(index).sum(dtype="int64")) for index in range(len(records))],
            "file": cache_file([path]).stat().st_ino,
        }
        _send(found)


if __name__ == "__main__":
    main()
