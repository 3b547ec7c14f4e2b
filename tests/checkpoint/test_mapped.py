from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.checkpoint.mapped import read_mapped, write_mapped

ARRAYS = {
    "kernel": np.arange(15, dtype=np.float32).reshape(3, 5),
    "state": np.array([7, 8], np.uint32),
    "scalar": np.array(0.5, np.float32),
    "none": np.zeros((0, 3), np.float32),
}


def test_arrays_and_metadata_survive_a_round_trip_as_read_only_views(tmp_path: Path) -> None:
    write_mapped(ARRAYS, tmp_path / "a.bin", metadata={"key": "abc"})
    found = read_mapped(tmp_path / "a.bin")
    assert found is not None
    assert found.metadata == {"key": "abc"}
    assert list(found.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype
        assert not found.arrays[name].flags.writeable
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("length", [0, 10, 30, 200, -1])
def test_a_truncated_file_is_none(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.bin"
    write_mapped(ARRAYS, path, metadata={})
    path.write_bytes(path.read_bytes()[:length])
    assert read_mapped(path) is None
    assert read_mapped(path, verify=False) is None


def test_a_damaged_file_is_none_if_its_checksum_is_verified(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_mapped(ARRAYS, path, metadata={})
    content = bytearray(path.read_bytes())
    content[-65] ^= 1
    path.write_bytes(content)
    assert read_mapped(path) is None
    assert read_mapped(path, verify=False) is not None


@pytest.mark.parametrize("content", [b"x" * 1000, b"sweepbox arrays\n" + b"\xff" * 100])
def test_a_file_of_another_format_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.bin").write_bytes(content)
    assert read_mapped(tmp_path / "a.bin") is None
    assert read_mapped(tmp_path / "absent.bin") is None
