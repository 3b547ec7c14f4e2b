from pathlib import Path

import pytest

from sweepbox.detection.config.label_map import save_label_map
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.export.source import find_checkpoint
from sweepbox.detection.inference.labels import load_labels


def test_a_checkpoint_folder_or_the_best_one_of_a_run_is_found(tmp_path: Path) -> None:
    for folder in ("best", "last"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "weights.npz").touch()
    assert find_checkpoint(tmp_path) == tmp_path / "best"
    assert find_checkpoint(tmp_path / "last") == tmp_path / "last"


def test_anything_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no weights\.npz in it or in its best/"):
        find_checkpoint(tmp_path)
    with pytest.raises(ModelError, match="there is no such folder"):
        find_checkpoint(tmp_path / "absent")


def test_labels_are_in_or_beside_the_model_or_in_a_named_file(tmp_path: Path) -> None:
    model = tmp_path / "model" / "saved_model"
    model.mkdir(parents=True)
    with pytest.raises(ModelError, match=r"label_map\.pbtxt is missing; .* --label-map"):
        load_labels(model)
    save_label_map(LabelMap.of(["cat"]), tmp_path / "model" / "label_map.pbtxt")
    assert load_labels(model).names == load_labels(model.parent).names == ("cat",)
    save_label_map(LabelMap.of(["dog"]), tmp_path / "other.pbtxt")
    assert load_labels(model, tmp_path / "other.pbtxt").names == ("dog",)
