"""Damaged files are read or refused; and what looks for the others finds them."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.fuzz import run
from experiments.fuzz.mutations import mutated
from experiments.fuzz.run import fuzz
from experiments.fuzz.targets import Read, Target, targets
from sweepbox.detection.core.errors import DataError

INPUTS = 10_000
"""A tenth of what `make fuzz` reads."""
NAMES = (
    *(
        "pipeline.config",
        "label map",
        "Pascal VOC annotation",
        "image",
        "TFRecord file",
        "record",
        "sweep file",
    ),
    *("dataset.json", "weights", "sweep's sweep.yaml", "sweep's sweep.json", "sweep's winner.json"),
    *(
        "sweep's trials/0000/state.json",
        "sweep's trials/0000/metrics.jsonl",
        "sweep's trials/0000/changes.json",
    ),
)


def test_the_names_of_all_targets_are_listed_here() -> None:
    assert tuple(targets()) == NAMES


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    result = fuzz(targets()[name], tmp_path, inputs=INPUTS // len(NAMES), seed=2)
    assert [(failure.number, failure.reason) for failure in result.failures] == []
    assert result.refused > 0


def target_of(read: Read) -> Target:
    return Target("made up", (b"one 1\n", b"two 2\n"), lambda folder: (read, folder / "file"))


def hold_memory(_path: Path) -> None:
    bytearray(run.MEMORY_BYTES + 2**28)


def refuse(message: str) -> Read:
    def read(_path: Path) -> None:
        raise DataError(message)

    return read


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (lambda path: {}[path], "KeyError"),
        (lambda _path: time.sleep(5), "took more than"),
        (hold_memory, "MemoryError"),
        (refuse(" "), "refused without a message"),
        (refuse("x" * 30_000), "refused in 30000 characters"),
    ],
)
def test_what_a_reader_does_wrong_is_found(
    read: Callable[[Path], object], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "TIME_LIMIT_S", 0.05)
    result = fuzz(target_of(read), tmp_path, inputs=2, seed=1)
    assert len(result.failures) == 2
    assert all(reason in failure.reason for failure in result.failures)


def test_a_file_that_is_refused_in_a_line_is_no_failure(tmp_path: Path) -> None:
    result = fuzz(target_of(refuse("file: damaged; write it again")), tmp_path, inputs=3, seed=1)
    assert (result.refused, result.failures) == (3, ())


def test_a_seed_gives_the_same_files_again() -> None:
    seeds = targets()["label map"].seeds
    made = [
        [mutated(seeds, random.Random(f"{seed} {number}")) for number in range(50)]  # noqa: S311 - no secret
        for seed in (1, 1, 2)
    ]
    assert made[0] == made[1] != made[2]
    assert sum(content not in seeds for content in made[0]) > 45
