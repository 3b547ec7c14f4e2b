"""What travels to a machine with a GPU and back: packed photographs, collected results."""

import json
from pathlib import Path

import numpy as np

from experiments.gpu.collect import collect
from experiments.gpu.unpack_photographs import unpack
from sweepbox.detection.data.cache import open_record_set
from tests.data.small_records import LABELS, varied, write


def test_unpacked_photographs_are_those_that_were_packed(tmp_path: Path) -> None:
    paths = write(tmp_path / "records", varied(12))
    packed = open_record_set(paths, LABELS, disk_budget_bytes=0)
    assert packed.is_encoded
    unpack(packed.path, tmp_path / "train.arrow")
    there = open_record_set([tmp_path / "train.arrow"], LABELS)
    assert not there.is_encoded
    assert there.source_ids == packed.source_ids
    assert there.fingerprint == packed.fingerprint
    for index in range(len(packed)):
        assert np.array_equal(there.ground_truth(index).boxes_yxyx, packed.ground_truth(index).boxes_yxyx)
        difference = there.image(index).astype(int) - packed.image(index)
        assert np.abs(difference).mean() < 2  # the two decoders round differently


def test_collected_results_get_the_commit_they_lack(tmp_path: Path) -> None:
    back, results = tmp_path / "back", tmp_path / "results"
    back.mkdir()
    results.mkdir()
    (back / "gpu_training.json").write_text(json.dumps({"commit": "unknown", "figures": []}))
    (back / "gpu_sweep.json").write_text(json.dumps({"commit": "1234567", "figures": []}))
    (back / "log.txt").write_text("")
    assert collect(back, results, "abcdef0") == ["gpu_sweep.json", "gpu_training.json"]
    commits = {path.name: json.loads(path.read_text())["commit"] for path in results.iterdir()}
    assert commits == {"gpu_training.json": "abcdef0", "gpu_sweep.json": "1234567"}
