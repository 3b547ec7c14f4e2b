import subprocess
import sys
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.runner.request import precision_of

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "experiments" / "configs" / "quickstart.config"


def _train(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sweepbox.scripts.train", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_help_lists_every_option() -> None:
    done = _train("--help")
    assert done.returncode == 0
    options = ("--data", "--out", "--set", "--seed", "--precision", "--backend", "--evaluate-every", "--metric")
    assert all(option in done.stdout for option in (*options, "--profile", "--resume"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.config"], "absent.config"),
        ([CONFIG, "--data", "absent"], "absent: there is no such folder; make one with `sweepbox prepare`"),
        ([CONFIG, "--set", "lerning_rate=1"], "learning_rate"),
        ([CONFIG, "--backend", "mxnet"], "'mxnet': there is no such backend; give tensorflow or jax"),
        ([CONFIG], "train_input_reader.tf_record_input_reader.input_path: no file matches"),
    ],
)
def test_bad_input_gets_a_line_and_leaves_nothing(tmp_path: Path, arguments: list[object], words: str) -> None:
    done = _train(*arguments, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_unknown_precision_error_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="use float32, bfloat16 or auto"):
        precision_of("half")
