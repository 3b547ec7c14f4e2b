import shutil
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

from sweepbox.detection.checkpoint.object_based import RestoredPart, restore_object_based
from sweepbox.detection.checkpoint.weights import load_weights, weight_arrays
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.core.errors import ModelError, UsageError
from sweepbox.detection.export.od_api_checkpoint import CHECKPOINT_PARTS, ExportedCheckpoint, export_checkpoint
from sweepbox.detection.model.ssd import build_detector


@pytest.fixture(scope="module")
def exported(golden_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> ExportedCheckpoint:
    return export_checkpoint(golden_checkpoint, tmp_path_factory.mktemp("od_api") / "out")


def test_the_folder_has_the_parts_of_the_object_detection_api(
    exported: ExportedCheckpoint, golden_checkpoint: Path
) -> None:
    assert {path.name for path in exported.directory.iterdir()} == set(CHECKPOINT_PARTS)
    assert {path.name for path in exported.prefix.parent.iterdir()} == {
        "checkpoint",
        "ckpt-0.index",
        "ckpt-0.data-00000-of-00001",
    }
    for name in ("pipeline.config", "label_map.pbtxt"):
        assert (exported.directory / name).read_text() == (golden_checkpoint / name).read_text()
    assert exported.variables == 472


def test_the_weights_are_restored(exported: ExportedCheckpoint, golden_checkpoint: Path) -> None:
    ssd = load_config(exported.directory / "pipeline.config").model.ssd
    network = build_detector(ssd, seed=1).network
    restore_object_based(network, exported.directory, ssd, RestoredPart.FULL)
    restored = weight_arrays(network)
    load_weights(network, golden_checkpoint / "weights.npz")
    for path, array in weight_arrays(network).items():
        np.testing.assert_array_equal(restored[path], array)


def test_options_that_the_object_detection_api_does_not_have_are_removed(
    golden_checkpoint: Path, tmp_path: Path
) -> None:
    ours = Path(shutil.copytree(golden_checkpoint, tmp_path / "ours"))
    config = load_config(ours / "pipeline.config")
    options = config.train_config.data_augmentation_options
    theirs = len(options)
    options.add().random_mosaic.SetInParent()
    options.add().random_horizontal_flip.SetInParent()
    save_config(config, ours / "pipeline.config")
    exported = export_checkpoint(ours, tmp_path / "out")
    assert exported.removed_options == ("random_mosaic",)
    written = load_config(exported.directory / "pipeline.config").train_config.data_augmentation_options
    assert [option.WhichOneof("preprocessing_step") for option in written][theirs:] == [
        "random_horizontal_flip"
    ]


@pytest.mark.parametrize("fpn", ["min_level: 2", "max_level: 6", "additional_layer_depth: 16"])
@pytest.mark.parametrize("follows", ["", "follow_fields: true"])
def test_pyramids_that_the_object_detection_api_cannot_build_are_refused(
    golden_checkpoint: Path, tmp_path: Path, fpn: str, follows: str
) -> None:
    ours = Path(shutil.copytree(golden_checkpoint, tmp_path / "ours"))
    config = load_config(ours / "pipeline.config")
    extractor = config.model.ssd.feature_extractor
    extractor.type = "ssd_resnet50_v1_fpn_keras"
    extractor.fpn.CopyFrom(text_format.Parse(f"{fpn} {follows}", extractor.fpn.__class__()))
    save_config(config, ours / "pipeline.config")
    with pytest.raises(ModelError, match=rf"it ignores fpn's {fpn.replace(': ', ' = ')} with ssd_resnet50"):
        export_checkpoint(ours, tmp_path / "out")


def test_other_files_are_not_overwritten(golden_checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "label_map.pbtxt").touch()
    with pytest.raises(UsageError, match=r"is not empty; .*--overwrite"):
        export_checkpoint(golden_checkpoint, out)
    (out / "thesis.tex").touch()
    with pytest.raises(UsageError, match=r"has 'thesis\.tex'"):
        export_checkpoint(golden_checkpoint, out, overwrite=True)
    with pytest.raises(UsageError, match="is a file"):
        export_checkpoint(golden_checkpoint, out / "thesis.tex")
    (out / "thesis.tex").unlink()
    assert export_checkpoint(golden_checkpoint, out, overwrite=True).prefix.with_name("ckpt-0.index").is_file()


def test_a_failed_export_leaves_no_files(golden_checkpoint: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(golden_checkpoint, tmp_path / "broken"))
    (broken / "weights.npz").unlink()
    with pytest.raises(ModelError, match=r"weights\.npz is missing"):
        export_checkpoint(broken, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]
