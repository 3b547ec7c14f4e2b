"""Our checkpoint compared with one that the Object Detection API wrote of the same variables."""

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

from sweepbox.detection.checkpoint.object_based import RestoredPart, load_object_based, restore_object_based
from sweepbox.detection.checkpoint.object_file import OBJECT_GRAPH, find_prefix
from sweepbox.detection.checkpoint.object_writer import write_object_based
from sweepbox.detection.checkpoint.weights import weight_arrays

UNTRACKED = ("_groundtruth_lists", "_batched_prediction_tensor_names", "_sorted_head_names", "_conv_defs")
UNTRACKED += ("_feature_blocks", "_resnet_block_names", "_init_input_shape", "axis")
"""Lists without layers, which restoring does not read."""


def _objects(prefix: Path) -> tuple[dict[str, int], set[str]]:
    """The node number at each path of a checkpoint's object graph, and the paths of variables."""
    graph = TrackableObjectGraph.FromString(tf.train.load_checkpoint(str(prefix)).get_tensor(OBJECT_GRAPH))
    paths: dict[str, int] = {}
    queue, seen = deque([(0, "")]), {0}
    while queue:
        number, path = queue.popleft()
        for child in graph.nodes[number].children:
            here = f"{path}/{child.local_name}"
            paths[here] = child.node_id
            if child.node_id not in seen:
                seen.add(child.node_id)
                queue.append((child.node_id, here))
    return paths, {path for path, number in paths.items() if graph.nodes[number].attributes}


@pytest.fixture
def written(golden: Any, tmp_path: Path) -> Path:
    load_object_based(golden.detector.network, golden.prefix, golden.ssd)
    return write_object_based(golden.detector.network, golden.detector.backbone, golden.ssd, tmp_path)


def test_the_file_has_the_variables_that_the_object_detection_api_wrote(golden: Any, written: Path) -> None:
    theirs, ours = (tf.train.load_checkpoint(str(prefix)) for prefix in (golden.prefix, written))
    shapes = theirs.get_variable_to_shape_map()
    assert ours.get_variable_to_shape_map() == shapes
    assert ours.get_variable_to_dtype_map() == theirs.get_variable_to_dtype_map()
    for key in shapes.keys() - {OBJECT_GRAPH}:
        np.testing.assert_array_equal(ours.get_tensor(key), theirs.get_tensor(key), err_msg=key)
    assert find_prefix(written.parent) == written
    assert str(written.parent) not in (written.parent / "checkpoint").read_text(), "the folder can be moved"


def test_every_object_has_the_path_that_the_object_detection_api_expects(golden: Any, written: Path) -> None:
    (theirs, their_variables), (ours, our_variables) = _objects(golden.prefix), _objects(written)
    assert our_variables == their_variables
    wanted = {path for path in theirs if path.rpartition("/")[2] not in UNTRACKED}
    assert wanted <= ours.keys()
    shared: dict[int, int] = {}
    for path in wanted:
        assert shared.setdefault(theirs[path], ours[path]) == ours[path], f"{path} is another object"


def test_the_written_checkpoint_restores_from_its_folder(golden: Any, written: Path) -> None:
    stored = weight_arrays(golden.detector.network)
    golden.detector.initialise(3)
    restore_object_based(golden.detector.network, written.parent, golden.ssd, RestoredPart.FULL)
    for path, array in weight_arrays(golden.detector.network).items():
        np.testing.assert_array_equal(array, stored[path])
