"""The command `init`: what it prints is what it writes."""

from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from sweepbox.scripts.init import command
from tests.tiny import QUICKSTART

Invoke = Callable[..., Result]


def test_the_file_is_printed_and_written(invoke: Invoke, records: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.yaml"
    told = invoke(command, records, "--config", QUICKSTART, "--out", out, "--budget", "2h")
    assert told.exit_code == 0, told.output
    assert told.stdout == out.read_text()
    assert f"written to {out}; to measure it: sweepbox sweep {out} --dry-run" in told.stderr
