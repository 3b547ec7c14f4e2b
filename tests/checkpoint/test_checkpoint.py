from pathlib import Path

import keras
import numpy as np
import pytest

from sweepbox.detection.checkpoint.arrays import load_arrays, save_arrays
from sweepbox.detection.checkpoint.folder import CheckpointMetadata, read_checkpoint_metadata, write_checkpoint
from sweepbox.detection.checkpoint.state import read_state
from sweepbox.detection.checkpoint.weights import assign_arrays, load_weights, save_weights, weight_arrays
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.labels import LabelMap

METADATA = CheckpointMetadata(step=7, metrics={"mAP": 0.25}, seed=3, precision="float32")
LABELS = LabelMap.of(["cat", "dog"])


def _network(units: int = 3) -> keras.Model:
    image = keras.Input((4,))
    features = keras.layers.BatchNormalization(name="norm")(keras.layers.Dense(units, name="dense")(image))
    return keras.Model(image, features)


def _config() -> pb.TrainEvalPipelineConfig:
    config = pb.TrainEvalPipelineConfig()
    config.model.ssd.num_classes = 2
    return config


def test_weights_survive_a_round_trip_into_another_network(tmp_path: Path) -> None:
    first, second = _network(), _network()
    save_weights(first, tmp_path / "weights.npz")
    load_weights(second, tmp_path / "weights.npz")
    for path, array in weight_arrays(first).items():
        np.testing.assert_array_equal(weight_arrays(second)[path], array)
    assert "dense/kernel" in weight_arrays(first)
    assert "norm/moving_variance" in weight_arrays(first)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dense/kernel": np.zeros((4, 4), np.float32)}, "another shape, the first 'dense/kernel'"),
        ({"dense/kernel": None}, "missing, the first 'dense/kernel'"),
        ({"other": np.zeros(1, np.float32)}, "unknown to the model, the first 'other'"),
    ],
)
def test_mismatching_weights_change_nothing(change: dict[str, np.ndarray | None], words: str) -> None:
    network = _network()
    before = weight_arrays(network)
    arrays = {path: array + 1.0 for path, array in before.items()} | change
    with pytest.raises(TrainingError, match=words):
        assign_arrays(network, {k: v for k, v in arrays.items() if v is not None}, source="here")
    np.testing.assert_array_equal(weight_arrays(network)["dense/bias"], before["dense/bias"])


def test_a_part_of_the_weights_can_be_set() -> None:
    network = _network()
    assign_arrays(network, {"dense/bias": np.ones(3, np.float32)}, source="here", partial=True)
    np.testing.assert_array_equal(weight_arrays(network)["dense/bias"], np.ones(3))


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    save_arrays({"a": np.arange(1000)}, path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(TrainingError, match=r"weights\.npz: damaged"):
        load_arrays(path)
    with pytest.raises(TrainingError, match="no such file"):
        load_arrays(tmp_path / "absent.npz")


def test_a_checkpoint_folder_has_the_files_that_export_reads(tmp_path: Path) -> None:
    folder = tmp_path / "best"
    network = _network()
    write_checkpoint(folder, network=network, config=_config(), label_map=LABELS, metadata=METADATA)
    assert sorted(path.name for path in folder.iterdir()) == [
        "label_map.pbtxt",
        "metrics.json",
        "pipeline.config",
        "weights.npz",
    ]
    assert load_config(folder / "pipeline.config") == _config()
    assert load_label_map(folder / "label_map.pbtxt") == LABELS
    assert read_checkpoint_metadata(folder) == METADATA
    with pytest.raises(TrainingError, match=r"no training state.*state\.json"):
        read_state(folder)


def test_a_folder_without_metadata_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"not a checkpoint folder, metrics\.json is missing"):
        read_checkpoint_metadata(tmp_path)
    (tmp_path / "metrics.json").write_text('{"step": 1}')
    with pytest.raises(TrainingError, match="damaged"):
        read_checkpoint_metadata(tmp_path)
