from pathlib import Path

import pytest

from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.checkpoint.object_file import SUFFIX
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.model.ssd import build_detector

SHARED = Path(__file__).parents[3] / "shared"
TABLES = {
    "ssd_resnet50_v1_fpn": "ssd_resnet50_v1_fpn_640x640_coco17_tpu-8",
    "ssd_mobilenet_v2_fpnlite": "ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8",
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference's tables are not beside the repository")
@pytest.mark.parametrize("table", TABLES)
def test_full_size_models_have_the_keys_and_shapes_of_the_tables(table: str) -> None:
    config = load_config(SHARED / "zoo_configs" / f"{TABLES[table]}.config")
    ssd = apply_edits(config, [Edit("model.ssd.num_classes", 3)]).model.ssd
    variables = {variable.path: variable for variable in build_detector(ssd).network.weights}
    keys = checkpoint_keys(variables, ssd)
    lines = (SHARED / "reference" / f"checkpoint_keys_{table}.tsv").read_text().splitlines()
    expected = {
        key: shape for key, shape, _ in (line.split("\t") for line in lines) if key.startswith("model/")
    }
    assert {keys[path] + SUFFIX: str(list(variables[path].shape)) for path in keys} == expected


def test_a_detector_without_known_keys_is_refused() -> None:
    ssd = pb.Ssd()
    ssd.feature_extractor.type = "ssd_unheard_of"
    with pytest.raises(
        ModelError, match="checkpoints of ssd_unheard_of with None are not supported; use one of ssd_"
    ):
        checkpoint_keys([], ssd)
