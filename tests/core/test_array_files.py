"""Small files of arrays that declare much, or lead to other files, are refused before they are read."""

import random
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pytest

from sweepbox.detection.checkpoint.arrays import load_arrays, save_arrays
from sweepbox.detection.core.array_files import check_arrow, check_h5, check_npz
from sweepbox.detection.core.errors import DataError, TrainingError
from sweepbox.detection.core.limits import WEIGHTS_BYTES
from sweepbox.detection.data.cache.record_set import RecordSet
from sweepbox.detection.evaluation.image_matches_file import read_matches
from sweepbox.detection.post_training.raw_predictions import RawPredictions

MEGABYTE = 2**20


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WEIGHTS_BYTES.variable, str(MEGABYTE))


def write_arrow(
    path: Path, *, compression: str | None = None, batches: int = 3, dictionary: bool = False
) -> None:
    column = pa.array(["same"] * 50_000)
    table = pa.table({"name": column.dictionary_encode() if dictionary else column})
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema, options=options) as writer:
        for _ in range(batches):
            writer.write_table(table)


@pytest.mark.usefixtures("small_limit")
def test_an_archive_that_declares_too_much_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "weights.npz"
    np.savez_compressed(bomb, kernel=np.zeros(10 * MEGABYTE, np.uint8))
    assert bomb.stat().st_size < MEGABYTE / 10
    with pytest.raises(ValueError, match="are too many for weights"):
        check_npz(bomb)
    with pytest.raises(TrainingError, match="SWEEPBOX_MAX_WEIGHTS_BYTES"):
        load_arrays(bomb)
    save_arrays({"kernel": np.zeros(MEGABYTE // 2, np.uint8)}, bomb)
    assert load_arrays(bomb)["kernel"].nbytes == MEGABYTE // 2


def test_an_array_that_is_shorter_than_it_declares_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }"
    for count in (10**6, 10**12, 10**18):
        text = (header % count).ljust(117) + "\n"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "kernel.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()
            )
        with pytest.raises(TrainingError, match="damaged"):
            load_arrays(path)


@pytest.mark.usefixtures("small_limit")
def test_an_hdf5_file_that_declares_too_much_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.create_dataset("layer/kernel", shape=(2**40,), dtype="f4", chunks=(1024,), compression="gzip")
    with pytest.raises(ValueError, match="are too many for weights"):
        check_h5(tmp_path / "bomb.h5")
    with h5py.File(tmp_path / "good.h5", "w") as file:
        file.create_dataset("layer/kernel", data=np.zeros(8, np.float32))
    check_h5(tmp_path / "good.h5")


@pytest.mark.parametrize("kind", ["link", "storage", "virtual"])
def test_an_hdf5_file_that_reads_other_files_is_refused(tmp_path: Path, kind: str) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other.create_dataset("kernel", data=np.zeros(8, np.float32))
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        if kind == "link":
            file["kernel"] = h5py.ExternalLink("other.h5", "kernel")
        elif kind == "storage":
            file.create_dataset("kernel", shape=(8,), dtype="f4", external=[("/etc/passwd", 0, 32)])
        else:
            layout = h5py.VirtualLayout(shape=(8,), dtype="f4")
            layout[:] = h5py.VirtualSource("other.h5", "kernel", shape=(8,))
            file.create_virtual_dataset("kernel", layout)
    with pytest.raises(ValueError, match="kernel lies in another file"):
        check_h5(tmp_path / "weights.h5")


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_an_arrow_file_without_compression_is_read(tmp_path: Path, batches: int) -> None:
    write_arrow(tmp_path / "a.arrow", batches=batches)
    check_arrow(tmp_path / "a.arrow")


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_a_compressed_arrow_file_is_refused_by_all_that_reads_one(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "a.arrow"
    write_arrow(path, compression=compression)
    with pytest.raises(ValueError, match="it is compressed"):
        check_arrow(path)
    for read in (read_matches, lambda path: RawPredictions.load(path, "key"), RecordSet.mapped):
        with pytest.raises(DataError, match="it is compressed"):
            read(path)


def test_an_arrow_file_with_dictionaries_is_refused(tmp_path: Path) -> None:
    write_arrow(tmp_path / "a.arrow", dictionary=True)
    with pytest.raises(ValueError, match="dictionaries"):
        check_arrow(tmp_path / "a.arrow")


def test_a_damaged_arrow_file_is_refused_or_read_and_nothing_else(tmp_path: Path) -> None:
    path, draw = tmp_path / "a.arrow", random.Random(1)  # noqa: S311 - no secret
    write_arrow(path)
    good = path.read_bytes()
    for _ in range(300):
        data = bytearray(good)
        for _ in range(draw.randint(1, 8)):
            place = (
                draw.randrange(len(data) - 700, len(data)) if draw.random() < 0.8 else draw.randrange(len(data))
            )
            data[place] = draw.randrange(256)
        path.write_bytes(data[: draw.randrange(len(data))] if draw.random() < 0.1 else data)
        try:
            check_arrow(path)
        except ValueError:
            continue
