"""A pattern stays a pattern, and a part of it that exists is a path."""

from pathlib import Path

import pytest

from sweepbox.detection.core.patterns import matching_files

NAMES = ["plain", "pics [1]", "a*b", "what?", "[!x]", "100%", "a b"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_absolute", [True, False])
def test_a_folder_that_exists_is_a_path_whatever_its_name(
    name: str, is_absolute: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path / name, tmp_path / "pics 1", tmp_path / "axb", tmp_path / "whatx"):
        folder.mkdir(exist_ok=True)
        for file in ("1.jpg", "2.jpg", "[3].jpg", "4.txt"):
            (folder / file).touch()
    monkeypatch.chdir(tmp_path)
    start = tmp_path / name if is_absolute else Path(name)
    assert matching_files(start / "*.jpg") == [start / "1.jpg", start / "2.jpg", start / "[3].jpg"]
    assert matching_files(f"{start}/[12].jpg") == [start / "1.jpg", start / "2.jpg"]
    assert matching_files(start / "[3].jpg") == [start / "[3].jpg"]
    assert matching_files(start / "?.png") == []


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("pics [12]/*.jpg", ["pics 1/a.jpg", "pics 2/a.jpg"]),
        ("pics*/a.jpg", ["pics 1/a.jpg", "pics 2/a.jpg"]),
        ("pics 1/../pics ?/a.jpg", ["pics 1/../pics 1/a.jpg", "pics 1/../pics 2/a.jpg"]),
        ("*", []),
        ("**/a.jpg", ["deep/er/a.jpg", "pics 1/a.jpg", "pics 2/a.jpg"]),
    ],
)
def test_what_does_not_exist_as_it_is_written_is_a_pattern(
    pattern: str, found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("pics 1", "pics 2", "deep/er"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.jpg").touch()
    monkeypatch.chdir(tmp_path)
    assert [str(path) for path in matching_files(pattern, recursive=True)] == found
