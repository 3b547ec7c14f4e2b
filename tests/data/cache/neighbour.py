"""A second process that opens records: what several processes do to one cache is seen there.

It loads TensorFlow once for all tests. Each line of its input is a request in JSON (`path`, `fatal_row`), each
line of its output what it found. After row number `fatal_row` of a file that it writes it kills itself.
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
class Neighbour:
    """The other process, started when it is first needed and again when it was killed."""

    process: subprocess.Popen[str] | None = None

    def start_opening(self, path: Path, *, fatal_row: int = 0) -> None:
        """Have it open the records of a file; return at once. With `fatal_row` it dies after that row."""
        process = self._running()
        assert process.stdin is not None
        process.stdin.write(json.dumps({"path": str(path), "fatal_row": fatal_row}) + "\n")
        process.stdin.flush()

    def opened(self) -> dict[str, Any]:
        """Wait for what it has opened."""
        process = self._running()
        assert process.stdout is not None
        found: dict[str, Any] = json.loads(process.stdout.readline())
        return found

    def death(self) -> int:
        """Wait until it has died; return the exit status."""
        assert self.process is not None
        status = self.process.wait(timeout=120)
        self.close()
        return status

    def close(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _running(self) -> subprocess.Popen[str]:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.data.cache.neighbour"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert self.opened() == {}  # it has loaded what it needs
        return self.process


def _tell(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def main() -> None:
    import tensorflow  # noqa: F401 - opening shall not begin with loading it

    from sweepbox.detection.data.cache import open_record_set
    from sweepbox.detection.data.cache.arrow.writer import ArrowWriter
    from tests.data.small_records import LABELS, cache_file

    written = fatal_row = 0
    add = ArrowWriter.add

    def counted(self: ArrowWriter, row: Any) -> None:
        nonlocal written
        add(self, row)
        written += 1
        if written == fatal_row:
            os.kill(os.getpid(), signal.SIGKILL)

    ArrowWriter.add = counted  # type: ignore[method-assign]  # the fault that is to happen
    _tell({})
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
        _tell(found)


if __name__ == "__main__":
    main()
