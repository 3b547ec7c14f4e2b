from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweepbox.detection.checkpoint.key_rules import BACKBONE
from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.checkpoint.object_based import (
    RestoredPart,
    RestoreSummary,
    load_object_based,
    restore_object_based,
)
from sweepbox.detection.checkpoint.object_file import open_checkpoint
from sweepbox.detection.checkpoint.object_writer import save_graph
from sweepbox.detection.checkpoint.weights import weight_arrays
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.model.ssd import build_detector

GOLDEN = Path(__file__).parents[1] / "golden"
LOOP = GOLDEN / "train_loop_checkpoint_mobilenet_small"
TRAINED = Path(__file__).parents[3] / "shared" / "reference" / "goldens" / LOOP.name


def _stored(golden: Any) -> dict[str, Any]:
    """The values of the golden checkpoint by our variable path."""
    keys = checkpoint_keys(weight_arrays(golden.detector.network), golden.ssd)
    values = open_checkpoint(golden.prefix).read(keys.values())
    return {path: values[key] for path, key in keys.items()}


def _restore(golden: Any, named: Path, part: RestoredPart) -> RestoreSummary:
    """Restore a part over weights of seed 1; check that the returned arrays are in the network."""
    golden.detector.initialise(1)
    arrays, summary = restore_object_based(golden.detector.network, named, golden.ssd, part)
    loaded = weight_arrays(golden.detector.network)
    assert len(arrays) == summary.restored
    assert all((loaded[path] == array).all() for path, array in arrays.items())
    return summary


def test_every_part_restores_its_variables_and_no_others(golden: Any) -> None:
    stored, network = _stored(golden), golden.detector.network
    golden.detector.initialise(1)
    drawn = weight_arrays(network)
    extractor = {weight.path for weight in golden.detector.feature_extractor.weights}
    for part, paths in ((RestoredPart.DETECTION, extractor), (RestoredPart.FULL, set(stored))):
        summary = _restore(golden, golden.prefix, part)
        for path, array in weight_arrays(network).items():
            np.testing.assert_array_equal(array, (stored if path in paths else drawn)[path])
        assert (summary.restored, summary.expected, summary.total) == (len(paths), len(paths), len(stored))
    assert str(summary) == f"restored {len(stored)} of {len(stored)} variables (full) from {golden.prefix}"


def test_the_backbone_of_a_classifier_is_restored(golden: Any, tmp_path: Path) -> None:
    values = open_checkpoint(golden.prefix)
    backbone: dict[str, Any] = {}
    for key in values.shapes:
        if key.startswith(BACKBONE):
            layer, leaf = key.removeprefix(f"{BACKBONE}/").split("/")
            backbone.setdefault(layer, {})[leaf] = values.read([key])[key]
    prefix = save_graph({"feature_extractor": backbone}, tmp_path)
    summary = _restore(golden, prefix, RestoredPart.CLASSIFICATION)
    ours = {weight.path for weight in golden.detector.backbone.weights}
    stored = _stored(golden)
    assert summary.restored == len(ours)
    assert str(summary).endswith(f"the other {len(stored) - len(ours)} variables are newly initialised")
    for path, array in weight_arrays(golden.detector.network).items():
        assert path not in ours or (array == stored[path]).all()
    with pytest.raises(ModelError, match=r"a classifier's backbone; set .*_type to 'classification'"):
        _restore(golden, prefix, RestoredPart.FULL)


def test_a_detection_checkpoint_is_not_a_classifier(lite: Any) -> None:
    words = (
        r"'classification' \(the default if the type is unset\): it is a detection checkpoint; set .* to 'det"
    )
    with pytest.raises(ModelError, match=words):
        _restore(lite, lite.prefix, RestoredPart.CLASSIFICATION)


@pytest.mark.parametrize(("name", "skipped"), [("mobilenet_v2_fpnlite", 2), ("resnet50", 2)])
def test_another_number_of_classes_leaves_the_class_head_newly_initialised(
    name: str, skipped: int, other_classes: Any
) -> None:
    golden = other_classes(name)
    summary = _restore(golden, golden.prefix, RestoredPart.FULL)
    assert (summary.restored, len(summary.skipped_keys)) == (summary.expected - skipped, skipped)
    assert str(summary).endswith("; the class head is newly initialised: 5 classes, the checkpoint has 3")
    first = weight_arrays(golden.detector.network)
    golden.detector.initialise(1)
    drawn = weight_arrays(golden.detector.network)
    same = {path for path in drawn if (drawn[path] == first[path]).all()}
    head = {path for path in drawn if path.startswith("class_head/") and "depthwise" not in path}
    assert len(head) == skipped
    assert same >= head
    with pytest.raises(ModelError, match="belongs to another number of classes"):
        load_object_based(golden.detector.network, golden.prefix, golden.ssd)


def test_mismatches_are_listed_and_nothing_is_changed(lite: Any) -> None:
    other = GOLDEN / "model_resnet50_small" / "ckpt-0"
    lite.detector.initialise(1)
    before = weight_arrays(lite.detector.network)
    with pytest.raises(ModelError) as error:
        restore_object_based(lite.detector.network, other, lite.ssd, RestoredPart.DETECTION)
    first, *listed = str(error.value).splitlines()
    assert "of 290 variables (detection) do not match this detector; use a checkpoint of the same" in first
    assert len(listed) == 11
    assert any("this detector has [" in line for line in listed) or any("missing" in line for line in listed)
    assert listed[-1] == f"  … and {int(first.split(': ')[1].split()[0]) - 10} more"
    for path, array in weight_arrays(lite.detector.network).items():
        np.testing.assert_array_equal(array, before[path])


def test_the_training_loops_first_checkpoint_has_no_model(lite: Any) -> None:
    with pytest.raises(
        ModelError, match=r"has no variables of a model \(only .*name another one, usually the latest"
    ):
        _restore(lite, LOOP / "ckpt-1", RestoredPart.FULL)


def test_step_and_slots_of_a_trained_checkpoint_are_ignored(lite: Any, tmp_path: Path) -> None:
    stored = _stored(lite)
    keys = checkpoint_keys(stored, lite.ssd)
    root: dict[str, Any] = {"model": {}, "optimizer": {"decay": np.float32(0), "iter": np.int64(7)}}
    for path, key in keys.items():
        *parents, leaf = key.split("/")
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = stored[path]
    assert _restore(lite, save_graph(root, tmp_path), RestoredPart.FULL).restored == len(stored)


@pytest.mark.skipif(
    not TRAINED.is_dir(), reason="the reference's trained checkpoint is not beside the repository"
)
def test_the_training_loops_last_checkpoint_restores() -> None:
    ssd = load_config(TRAINED / "mobilenet_v2_fpnlite_train.config").model.ssd
    network = build_detector(ssd).network
    _, summary = restore_object_based(network, TRAINED, ssd, RestoredPart.FULL)
    assert summary.source.endswith("ckpt-2")
    assert summary.restored == summary.expected == len(network.weights)
