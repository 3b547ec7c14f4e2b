import logging
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from sweepbox.tuning.search.samplers.random import Random
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Suggestions
from sweepbox.tuning.spec.schema import Distribution
from sweepbox.tuning.storage.study_file import StudyFile, StudyTrial
from sweepbox.tuning.storage.study_writer import StudyWriter


@dataclass
class File:
    """A study's file that notes what is written, waits for leave, and fails as often as it is told."""

    path: Path = Path("study.sqlite3")
    failures: int = 0
    writes: list[tuple[str, list[int]]] = field(default_factory=list)
    leave: threading.Event = field(default_factory=threading.Event)

    def rewrite(self, trials: Iterable[StudyTrial]) -> None:
        self._write("rewrite", trials)

    def update(self, trials: Iterable[StudyTrial]) -> None:
        self._write("update", trials)

    def _write(self, how: str, trials: Iterable[StudyTrial]) -> None:
        assert self.leave.wait(30)
        if self.failures:
            self.failures -= 1
            raise sqlite3.OperationalError("database or disk is full")
        self.writes.append((how, [item.trial.number for item in trials]))


@pytest.fixture
def trials() -> list[StudyTrial]:
    space = Space({"learning_rate": Distribution(uniform=[0.0, 1.0])}, {})
    suggestions = Suggestions(Random(), space, seed=1)
    return [StudyTrial(suggestions.trial(suggestions.suggest().number), {}) for _ in range(4)]


def writer_of(file: File) -> StudyWriter:
    return StudyWriter(cast("StudyFile", file))


def test_the_first_write_replaces_all_and_later_ones_write_what_changed(trials: list[StudyTrial]) -> None:
    file = File()
    file.leave.set()
    writer = writer_of(file)
    for trial in (trials[1], trials[0]):
        writer.put(trial)
    writer.flush()
    writer.put(trials[2])
    writer.flush()
    writer.flush()
    assert file.writes == [("rewrite", [0, 1]), ("update", [2])]


def test_nothing_waits_for_a_write_in_the_background(trials: list[StudyTrial]) -> None:
    file = File()
    writer = writer_of(file)
    writer.put(trials[0])
    writer.write_in_background()
    for trial in trials[1:]:  # the file does not let the first write go on
        writer.put(trial)
        writer.write_in_background()
    file.leave.set()
    writer.flush()
    assert [how for how, _ in file.writes] == ["rewrite", "update"]
    assert sorted(number for _, numbers in file.writes for number in numbers) == [0, 1, 2, 3]


def test_a_failure_is_logged_once_and_the_last_write_tries_again(
    trials: list[StudyTrial], caplog: pytest.LogCaptureFixture
) -> None:
    file = File(failures=2)
    file.leave.set()
    writer = writer_of(file)
    writer.put(trials[0])
    writer.flush()
    writer.put(trials[1])
    writer.write_in_background()  # not tried: the file has failed
    writer.flush()
    assert file.failures == 0
    assert file.writes == []
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (
            logging.WARNING,
            "study.sqlite3: not written (database or disk is full); dashboards show an older state",
        )
    ]
    writer.put(trials[2])
    writer.flush()
    assert file.writes == [("rewrite", [0, 1, 2])]


def test_a_full_disk_leaves_the_writer_going(trials: list[StudyTrial], tmp_path: Path, caplog: Any) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = StudyWriter(StudyFile(tmp_path / "study.sqlite3", "mine", ["mAP"], ["maximize"]))
    for trial in trials:
        writer.put(trial)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))  # more bytes are refused, as on a full disk
    try:
        writer.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "study.sqlite3: not written" in caplog.text
    writer.flush()
    assert (tmp_path / "study.sqlite3").stat().st_size > 4096
