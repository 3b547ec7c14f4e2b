"""Everything that is wrong with a config, its files and its initial weights is said in one round."""

import shutil
from pathlib import Path

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.config.reading import keeps_own_pyramid
from sweepbox.detection.core.errors import SweepboxError
from sweepbox.detection.data.dataset.prepared import PreparedDataset
from sweepbox.detection.runner.inputs import run_inputs
from sweepbox.detection.runner.request import TrainRequest

QUICKSTART = Path(__file__).parents[2] / "experiments" / "configs" / "quickstart.config"
FPN = "model.ssd.feature_extractor.fpn"
TYPE = "model.ssd.feature_extractor.type"
UNSUPPORTED = (
    "model.ssd.feature_extractor.type=ssd_inception_v2",
    "feature_extractor.type = 'ssd_inception_v2'",
)
KIND = ("train_config.fine_tune_checkpoint_type=fine_tune", "fine_tune_checkpoint_type = 'fine_tune'")
PLACEHOLDER = (
    "train_config.fine_tune_checkpoint=PATH_TO_BE_CONFIGURED/model.ckpt",
    "train_config.fine_tune_checkpoint is 'PATH_TO_BE_CONFIGURED/model.ckpt', a placeholder",
)
ABSENT = ("train_config.fine_tune_checkpoint=absent/ckpt-0", "absent/ckpt-0: there is no such checkpoint")
TAB = ("train_config.fine_tune_checkpoint=data\tckpt", r"is 'data\tckpt', with a control character")
STEPS = ("train_config.num_steps=0", "with 0 the Object Detection API trains until it is stopped")
BATCH = ("batch_size=0", "train_config.batch_size = 0")
READER = (
    "train_input_reader.tf_record_input_reader.input_path[0]=PATH_TO_BE_CONFIGURED/a.record",
    "train_input_reader.tf_record_input_reader.input_path is 'PATH_TO_BE_CONFIGURED/a.record', a placeholder",
)
READER_TAB = (
    "train_input_reader.tf_record_input_reader.input_path[0]=data\train.record",
    r"train_input_reader.tf_record_input_reader.input_path is 'data\train.record', with a control character",
)
NO_READER = ("eval_input_reader=none", "the config has 0 eval_input_reader fields")


@pytest.mark.parametrize(
    "wrong",
    [
        (UNSUPPORTED, KIND, PLACEHOLDER, READER),
        (UNSUPPORTED, KIND, PLACEHOLDER, READER, STEPS, BATCH),
        (KIND, ABSENT, READER),
        (KIND, TAB, READER_TAB),
        (STEPS, PLACEHOLDER, NO_READER),
        (BATCH, ABSENT, NO_READER, READER),
    ],
)
def test_all_objections_come_at_once(wrong: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(SweepboxError) as caught:
        run_inputs(QUICKSTART, None, edits=[parse_edit(edit) for edit, _ in wrong])
    for _, message in wrong:
        assert message in str(caught.value)


@pytest.mark.parametrize("wrong", [(UNSUPPORTED, KIND, PLACEHOLDER), (STEPS, ABSENT), (KIND, BATCH)])
def test_all_objections_come_at_once_where_the_data_are_missing_too(
    wrong: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    with pytest.raises(SweepboxError) as caught:
        run_inputs(QUICKSTART, tmp_path / "absent", edits=[parse_edit(edit) for edit, _ in wrong])
    for message in ("absent", *(message for _, message in wrong)):
        assert message in str(caught.value)


@pytest.mark.parametrize("given", ["config", "option"])
def test_checkpoints_of_tensorflow_1_are_refused_by_name_before_anything_is_built(
    given: str, dataset: PreparedDataset, tmp_path: Path
) -> None:
    for suffix in ("index", "meta", "data-00000-of-00001"):
        (tmp_path / f"model.ckpt.{suffix}").write_bytes(b"FeatureExtractor/MobilenetV2/Conv/weights")
    named = str(tmp_path / "model.ckpt")
    edits = [parse_edit(f"{TYPE}=ssd_mobilenet_v2_fpn")]
    if given == "config":
        edits.append(parse_edit(f"train_config.fine_tune_checkpoint={named}"))
    with pytest.raises(
        SweepboxError, match=r"model\.ckpt: a name-based TensorFlow 1 checkpoint; use a TensorFlow 2"
    ):
        run_inputs(
            QUICKSTART,
            dataset.train[0].parent,
            edits=edits,
            initial_weights=named if given == "option" else None,
        )


def resnet_run(folder: Path, *edits: str) -> tuple[Path, Path]:
    """Return a config of a ResNet with its own pyramid, and the folder of a run that began before."""
    config: pb.TrainEvalPipelineConfig = load_config(QUICKSTART)
    config.model.ssd.feature_extractor.type = "ssd_resnet50_v1_fpn_keras"
    config.model.ssd.feature_extractor.fpn.additional_layer_depth = 192
    config.model.ssd.feature_extractor.fpn.max_level = 7
    config.model.ssd.anchor_generator.multiscale_anchor_generator.max_level = 7
    save_config(config, folder / "pipeline.config")
    (folder / "run").mkdir()
    save_config(apply_edits(config, [parse_edit(edit) for edit in edits]), folder / "run" / "pipeline.config")
    return folder / "pipeline.config", folder / "run"


def test_a_run_begun_before_is_resumed_with_its_pyramid(dataset: PreparedDataset, tmp_path: Path) -> None:
    config, run = resnet_run(tmp_path)
    notes: list[str] = []
    request = TrainRequest(config=config, out=run, data=dataset.train[0].parent, resume=True)
    resumed = request.settings(notes.append)
    assert resumed.config.model.ssd.feature_extractor.fpn.additional_layer_depth == 192
    assert not any("no effect" in note for note in notes)
    shutil.rmtree(run)
    new = TrainRequest(config=config, out=run, data=dataset.train[0].parent).settings(notes.append)
    assert new.config.model.ssd.feature_extractor.fpn.additional_layer_depth == 256
    assert not keeps_own_pyramid(new.config)
    assert [note for note in notes if f"{FPN}: additional_layer_depth = 192 has no effect" in note]
