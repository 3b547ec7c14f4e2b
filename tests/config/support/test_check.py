import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config, parse_config
from sweepbox.detection.config.support import check_supported, mentions_checkpoint, problems_of
from sweepbox.detection.core.errors import ConfigError

Edited = Callable[..., pb.TrainEvalPipelineConfig]
SHARED = Path(__file__).parents[4] / "shared"
EXTRACTOR = "model.ssd.feature_extractor"
PREDICTOR = "model.ssd.box_predictor.weight_shared_convolutional_box_predictor"
ANCHORS = "model.ssd.anchor_generator.multiscale_anchor_generator"
CLASSIC_ANCHORS = "model.ssd.anchor_generator.ssd_anchor_generator"
NMS = "model.ssd.post_processing.batch_non_max_suppression"
COSINE = "train_config.optimizer.momentum_optimizer.learning_rate.cosine_decay_learning_rate"
RATE = "train_config.optimizer.momentum_optimizer.learning_rate"
OPTIONS = "train_config.data_augmentation_options"
TRAINABLE = {
    "original_pipeline",
    "ssd_mobilenet_v1_fpn_640x640_coco17_tpu-8",
    "ssd_mobilenet_v2_320x320_coco17_tpu-8",
    "ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8",
    "ssd_mobilenet_v2_fpnlite_640x640_coco17_tpu-8",
    *(
        f"ssd_resnet{depth}_v1_fpn_{side}x{side}_coco17_tpu-8"
        for depth in (50, 101, 152)
        for side in (640, 1024)
    ),
}


def test_small_config_is_supported(config: pb.TrainEvalPipelineConfig) -> None:
    check_supported(config)


@pytest.mark.skipif(not SHARED.exists(), reason="the published configs are not beside the repository")
def test_published_configs_are_supported() -> None:
    paths = [*(SHARED / "zoo_configs").glob("*.config"), SHARED / "face_mask" / "original_pipeline.config"]
    assert {path.stem for path in paths if not problems_of(load_config(path))} == TRAINABLE


@pytest.mark.skipif(not SHARED.exists(), reason="the published configs are not beside the repository")
def test_published_efficientdet_configs_are_rejected_by_name() -> None:
    paths = sorted((SHARED / "zoo_configs").glob("*efficientdet*.config"))
    assert len(paths) == 8
    for path in paths:
        first = problems_of(load_config(path))[0]
        assert re.match(
            r"model.ssd.feature_extractor.type = 'ssd_efficientnet-b\d_bifpn_keras' \(EfficientDet\)", first
        )


PASSES = [
    "train_config.sync_replicas=true",
    "train_config.freeze_variables[0]='.*'",
    "train_config.fine_tune_checkpoint_version=V1",
    "train_config.unpad_groundtruth_tensors=false",
    "train_config.add_regularization_loss=false",
    "train_config.startup_delay_steps=3",
    "model.ssd.freeze_batchnorm=true",
    "model.ssd.inplace_batchnorm_update=true",
    "model.ssd.encode_background_as_zeros=false",
    f"{NMS}.use_static_shapes=true",
    f"{EXTRACTOR}.conv_hyperparams.activation=SWISH",
    f"{EXTRACTOR}.conv_hyperparams.batch_norm=none",
    f"{EXTRACTOR}.conv_hyperparams.regularizer=none",
    f"{EXTRACTOR}.conv_hyperparams.initializer.variance_scaling_initializer=true",
    f"{RATE}.constant_learning_rate=true",
    f"{RATE}.exponential_decay_learning_rate=true",
    f"{RATE}.manual_step_learning_rate={{schedule {{step: 10}} schedule {{step: 20}}}}",
    "optimizer=adam_optimizer",
    "optimizer=rms_prop_optimizer",
    "model.ssd.loss.classification_loss.weighted_sigmoid=true",
    "model.ssd.loss.localization_loss.weighted_l2=true",
    "model.ssd.loss.localization_loss.weighted_iou=true",
    "model.ssd.loss.localization_loss.weighted_giou=true",
    "model.ssd.loss.classification_loss={weighted_softmax {logit_scale: 2}}",
    "model.ssd.loss.classification_loss.weighted_logits_softmax=true",
    "model.ssd.loss.classification_loss={bootstrapped_sigmoid {alpha: 0.9}}",
    "model.ssd.add_background_class=false",
    "train_config.optimizer.use_moving_average=true",
    "train_config.update_trainable_variables[0]=_box_predictor",
    "model.ssd.image_resizer={keep_aspect_ratio_resizer {max_dimension: 640 pad_to_max_dimension: true}}",
    "model.ssd.post_processing.score_converter=SOFTMAX",
    f"{OPTIONS}[random_adjust_hue]=true",
    "focal_alpha=none",
    "model.ssd.box_predictor.convolutional_box_predictor={kernel_size: 3 use_depthwise: true}",
    f"{CLASSIC_ANCHORS}={{num_layers: 5 reduce_boxes_in_lowest_layer: false aspect_ratios: 1.0}}",
    "train_input_reader.shuffle=false",
    "train_input_reader.sample_1_of_n_examples=3",
    "train_input_reader.drop_remainder=false",
    "eval_input_reader[0].num_epochs=1",
    "eval_config.metrics_set[0]=pascal_voc_detection_metrics",
    "eval_config.metrics_set[1]=weighted_pascal_voc_detection_metrics",
    "eval_config.include_metrics_per_category=true",
    "eval_config.use_dummy_loss_in_eval=true",
    "eval_config.num_examples=10",
    "eval_config.max_evals=3",
]


@pytest.mark.parametrize("edit", PASSES)
def test_supported_changes(edited: Edited, edit: str) -> None:
    assert problems_of(edited(edit)) == []


REFUSED = [
    ("model.ssd.num_classes=0", "model.ssd.num_classes = 0: give a value of at least 1"),
    ("batch_size=0", "train_config.batch_size = 0"),
    ("train_config.num_steps=none", "train_config.num_steps = 0"),
    (
        f"{EXTRACTOR}.type=ssd_efficientnet-b0_bifpn_keras",
        "'ssd_efficientnet-b0_bifpn_keras' (EfficientDet) is not supported; use",
    ),
    (f"{EXTRACTOR}=none", f"{EXTRACTOR}.type: nothing is set"),
    (f"{EXTRACTOR}.bifpn=true", f"{EXTRACTOR}.bifpn is not supported; use fpn"),
    (f"{EXTRACTOR}.conv_hyperparams.regularizer.l1_regularizer=true", "l1_regularizer is not supported"),
    (f"{EXTRACTOR}.conv_hyperparams.group_norm=true", "group_norm is not supported"),
    (f"{EXTRACTOR}.conv_hyperparams.initializer=none", "initializer: nothing is chosen"),
    (f"{PREDICTOR}.conv_hyperparams.initializer.keras_initializer_by_name=zeros", "is not supported"),
    (f"{PREDICTOR}.depth=none", f"{PREDICTOR}.depth = 0"),
    ("model.ssd.box_predictor=none", "model.ssd.box_predictor: nothing is chosen"),
    ("model.ssd.anchor_generator.grid_anchor_generator=true", "grid_anchor_generator is not supported"),
    ("model.ssd.matcher.bipartite_matcher=true", "bipartite_matcher is not supported; use argmax_matcher"),
    ("model.ssd.box_coder.square_box_coder=true", "square_box_coder is not supported"),
    ("model.ssd.similarity_calculator.ioa_similarity=true", "ioa_similarity is not supported"),
    ("model.ssd.loss.localization_loss.l1_localization_loss=true", "l1_localization_loss is not supported"),
    ("model.ssd.loss.classification_loss.weighted_dice_classification_loss=true", "is not supported; use"),
    ("model.ssd.loss.classification_loss.penalty_reduced_logistic_focal_loss=true", "is not supported; use"),
    ("model.ssd.loss.hard_example_miner=true", "hard_example_miner: cannot be combined with weighted_sigmoid"),
    (
        "model.ssd.loss.classification_loss={weighted_softmax {logit_scale: 0}}",
        "logit_scale = 0.0: give a value above",
    ),
    ("model.ssd.loss.random_example_sampler=true", "random_example_sampler is not supported; remove it"),
    ("model.ssd.loss.equalization_loss.weight=0.1", "equalization_loss.weight = 0.1"),
    ("model.ssd.loss.expected_loss_weights=EXPECTED_SAMPLING", "is not supported; use NONE"),
    ("focal_alpha=1.5", "alpha = 1.5: give a value of at least 0 and at most 1"),
    ("model.ssd.image_resizer.identity_resizer=true", "identity_resizer is not supported: its images differ"),
    (
        "model.ssd.image_resizer.fixed_shape_resizer.convert_to_grayscale=true",
        "it leaves one channel, and the network takes three; use false",
    ),
    ("model.ssd.image_resizer.fixed_shape_resizer.height=150", "150x128 is not a multiple of 32"),
    ("model.ssd.image_resizer={fixed_shape_resizer {height: 32 width: 32}}", "32x32 is too small"),
    (
        "model.ssd.image_resizer={keep_aspect_ratio_resizer {max_dimension: 640}}",
        "pad_to_max_dimension = false is not supported: images would differ in size",
    ),
    (
        (
            "model.ssd.image_resizer={keep_aspect_ratio_resizer "
            "{min_dimension: 650 max_dimension: 640 pad_to_max_dimension: true}}"
        ),
        "exceeds max_dimension = 640",
    ),
    (f"{NMS}.iou_threshold=1.5", "iou_threshold = 1.5: give a value of at least 0 and at most 1"),
    (f"{ANCHORS}.aspect_ratios=none", "so there are no anchors"),
    (f"{ANCHORS}.aspect_ratios[1]=0", "give values above 0"),
    (f"{EXTRACTOR}.fpn.min_level=6", "levels 6 to 7 are not supported"),
    ("eval_config.use_moving_averages=true", "needs averaged weights; set train_config.optimizer.use_moving"),
    ("train_config.optimizer.moving_average_decay=1.5", "moving_average_decay = 1.5"),
    ("train_config.freeze_variables[0]='('", "freeze_variables[0] = '(' is not a regular expression"),
    ("train_config.optimizer=none", "train_config.optimizer: nothing is chosen"),
    (f"{RATE}=none", f"{RATE}: nothing is chosen"),
    ("learning_rate=0", "learning_rate_base = 0: give a value above 0"),
    (f"{RATE}.manual_step_learning_rate={{warmup: true}}", "without a schedule to warm up to"),
    (f"{RATE}.constant_learning_rate={{learning_rate: 0}}", "give a value above 0"),
    ("momentum=1.5", "momentum_optimizer_value = 1.5"),
    (
        f"{OPTIONS}[autoaugment_image]=true",
        f"{OPTIONS}[autoaugment_image] is not supported; supported are random_hor",
    ),
    (f"{OPTIONS}[0].random_horizontal_flip=none", f"{OPTIONS}[0]: nothing is chosen"),
    (
        f"{OPTIONS}[random_horizontal_flip].probability=0",
        "probability = 0.0: give a value above 0 and at most 1",
    ),
    (f"{OPTIONS}[random_crop_image].max_area=0.5", "min_area = 0.75 exceeds max_area = 0.5"),
    (
        f"{OPTIONS}[random_adjust_hue].max_delta=0.7",
        "max_delta = 0.7: give a value of at least 0 and at most 0.5",
    ),
    ("train_input_reader.num_epochs=2", "train_input_reader.num_epochs = 2 is not supported"),
    ("eval_config.all_metrics_per_category=true", "eval_config.all_metrics_per_category = true"),
    (
        "train_input_reader.external_input_reader=true",
        "train_input_reader.external_input_reader is not supported",
    ),
    ("eval_input_reader[0].num_additional_channels=1", "eval_input_reader[0].num_additional_channels = 1"),
    ("eval_config.metrics_set[0]=oid_V2_detection_metrics", "'oid_V2_detection_metrics' is not supported; use"),
    ("graph_rewriter.quantization=true", "graph_rewriter.quantization is not supported; remove it"),
]


@pytest.mark.parametrize(("edit", "problem"), REFUSED)
def test_unsupported_changes_are_rejected(edited: Edited, edit: str, problem: str) -> None:
    problems = problems_of(edited(edit))
    assert len(problems) == 1
    assert problem in problems[0]


def test_contradictory_fields_are_rejected(config: pb.TrainEvalPipelineConfig) -> None:
    cosine = config.train_config.optimizer.momentum_optimizer.learning_rate.cosine_decay_learning_rate
    cosine.warmup_steps, cosine.warmup_learning_rate = 1000, 0.05
    config.model.ssd.anchor_generator.multiscale_anchor_generator.max_level = 6
    config.model.ssd.matcher.argmax_matcher.unmatched_threshold = 0.6
    config.model.ssd.post_processing.batch_non_max_suppression.max_detections_per_class = 101
    with pytest.raises(ConfigError) as caught:
        check_supported(config)
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    for line, part in zip(
        lines,
        (
            f"{ANCHORS}.max_level = 6 contradicts {EXTRACTOR}.fpn.max_level = 7",
            "unmatched_threshold = 0.6 exceeds matched_threshold = 0.5",
            "max_detections_per_class = 101 exceeds max_total_detections = 100",
            f"{COSINE}.warmup_learning_rate = 0.05 exceeds learning_rate_base = 0.04",
            f"{COSINE}.warmup_steps = 1000 is not below total_steps = 1000",
        ),
        strict=True,
    ):
        assert part in line


def test_size_that_is_padded_to_a_multiple_is_supported(edited: Edited) -> None:
    odd = edited("model.ssd.image_resizer.fixed_shape_resizer.height=150", f"{EXTRACTOR}.pad_to_multiple=32")
    assert problems_of(odd) == []


@pytest.mark.parametrize(("side", "fits"), [(96, False), (128, False), (160, True)])
def test_minimum_input_size_of_resnet(edited: Edited, side: int, fits: bool) -> None:
    resizer = f"model.ssd.image_resizer={{fixed_shape_resizer {{height: {side} width: 160}}}}"
    assert (problems_of(edited(resizer, f"{EXTRACTOR}.type=ssd_resnet50_v1_fpn_keras")) == []) == fits


@pytest.mark.parametrize("kind", ["faster_rcnn", "center_net", "experimental_model"])
def test_other_models_are_rejected(kind: str) -> None:
    problems = problems_of(parse_config(f"model {{ {kind} {{}} }}"))
    assert problems[0] == f"not supported: model.{kind}; Sweepbox trains SSD models (model.ssd)"
    assert not any(problem.startswith("model.ssd") for problem in problems)


def test_empty_config_is_rejected() -> None:
    assert len(problems_of(pb.TrainEvalPipelineConfig())) == 3


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_must_be_finite(config: pb.TrainEvalPipelineConfig, value: float) -> None:
    config.model.ssd.feature_extractor.depth_multiplier = value
    config.model.ssd.anchor_generator.multiscale_anchor_generator.aspect_ratios[1] = value
    problems = "\n".join(problems_of(config))
    assert f"{EXTRACTOR}.depth_multiplier = {value}: give a finite number" in problems
    assert f"{ANCHORS}.aspect_ratios[1] = {value}: give a finite number" in problems


def test_mentions_checkpoint(config: pb.TrainEvalPipelineConfig, edited: Edited) -> None:
    assert mentions_checkpoint(config)
    assert not mentions_checkpoint(edited("train_config.fine_tune_checkpoint=none"))


@pytest.mark.parametrize(
    ("edits", "problem"),
    [
        (["hard_example_miner={iou_threshold: 1.5}"], "hard_example_miner.iou_threshold = 1.5: give a value"),
        (["hard_example_miner={num_hard_examples: -1}"], "num_hard_examples = -1: give a value of at least 0"),
        (["hard_example_miner={max_negatives_per_positive: -1}"], "max_negatives_per_positive = -1: give"),
        (["hard_example_miner={min_negatives_per_image: -1}"], "min_negatives_per_image = -1: give"),
    ],
)
def test_limits_of_the_hard_example_miner(edited: Edited, edits: list[str], problem: str) -> None:
    loss = "model.ssd.loss"
    problems = problems_of(
        edited(f"{loss}.classification_loss.weighted_sigmoid=true", *(f"{loss}.{edit}" for edit in edits))
    )
    assert len(problems) == 1
    assert problem in problems[0]


def test_without_background_class_background_must_be_encoded_as_zeros(edited: Edited) -> None:
    config = edited("model.ssd.add_background_class=false", "model.ssd.encode_background_as_zeros=false")
    assert [problem.split(":")[0] for problem in problems_of(config)] == [
        "model.ssd.add_background_class = false"
    ]
