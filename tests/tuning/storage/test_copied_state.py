"""A saved state is copied as a whole, though its trial may replace it meanwhile."""

import shutil
from pathlib import Path

import pytest

from sweepbox.detection.core.files import atomic_directory
from sweepbox.tuning.storage import copied_state
from sweepbox.tuning.storage.copied_state import copy_state


def save(folder: Path, text: str) -> None:
    with atomic_directory(folder) as draft:
        (draft / "weights").write_text(text)
        (draft / "slots").write_text(text)


def contents(folder: Path) -> set[str]:
    return {path.read_text() for path in folder.iterdir()}


def test_a_state_is_copied_and_stays_when_the_source_goes_on(tmp_path: Path) -> None:
    save(tmp_path / "last", "one")
    assert copy_state(tmp_path / "last", tmp_path / "copy")
    save(tmp_path / "last", "two")
    assert contents(tmp_path / "copy") == {"one"}


def test_without_a_state_nothing_is_copied(tmp_path: Path) -> None:
    assert not copy_state(tmp_path / "last", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("times", [1, 3])
def test_a_state_that_is_replaced_meanwhile_is_copied_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    save(tmp_path / "last", "0")
    made = []

    def copy_slowly(source: str, target: str) -> str:
        shutil.copyfile(source, target)
        if len(made) < times:
            made.append(target)
            save(tmp_path / "last", str(len(made)))
        return target

    monkeypatch.setattr(copied_state, "_copy_file", copy_slowly)
    assert copy_state(tmp_path / "last", tmp_path / "copy")
    assert contents(tmp_path / "copy") == {str(times)}


def test_one_that_is_replaced_every_time_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "last", "0")

    def copy_slowly(source: str, target: str) -> str:
        shutil.copyfile(source, target)
        save(tmp_path / "last", "next")
        return target

    monkeypatch.setattr(copied_state, "_copy_file", copy_slowly)
    with pytest.raises(OSError, match="was replaced during each of 10 attempts"):
        copy_state(tmp_path / "last", tmp_path / "copy")
