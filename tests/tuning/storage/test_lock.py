import os
import subprocess
import sys
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.lock import hold, is_held


def test_a_lock_is_seen_while_it_is_held(tmp_path: Path) -> None:
    lock = tmp_path / "run" / "sweep.lock"
    assert not is_held(lock)
    with hold(lock):
        assert is_held(lock)
    assert not is_held(lock)


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "sweep.lock"
    code = (
        "import sys; from pathlib import Path; from sweepbox.tuning.storage.lock import hold\n"
        "with hold(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(SweepError, match="another process runs this sweep; wait for it or end it first"),
            hold(lock),
        ):
            pass
        other.kill()
        other.wait()
        assert not is_held(lock), "a killed process holds nothing"
    with hold(lock):
        pass


def test_a_folder_that_cannot_be_written_can_be_looked_at(tmp_path: Path) -> None:
    lock = tmp_path / "sweep.lock"
    with hold(lock):
        pass
    lock.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        assert not is_held(lock)
        descriptor = os.open(lock, os.O_RDONLY)
        os.close(descriptor)
    finally:
        tmp_path.chmod(0o755)
