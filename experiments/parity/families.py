"""The ten published SSD configs other than EfficientDet, generated from one, and small variants of each family.

They are generated so that nothing has to be downloaded; if the published files are available, a check compares
the generated configs with them.
"""

from pathlib import Path

from google.protobuf import text_format

from experiments.parity.context import FULL_SIZE_CONFIG
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config, save_config

RESNETS = tuple(
    (f"ssd_resnet{depth}_v1_fpn_{size}x{size}_coco17_tpu-8", f"ssd_resnet{depth}_v1_fpn_keras", size)
    for depth in (50, 101, 152)
    for size in (640, 1024)
)
FPNLITES = tuple(
    (f"ssd_mobilenet_v2_fpnlite_{size}x{size}_coco17_tpu-8", "ssd_mobilenet_v2_fpn_keras", size)
    for size in (320, 640)
)
MOBILENET_V1 = ("ssd_mobilenet_v1_fpn_640x640_coco17_tpu-8", "ssd_mobilenet_v1_fpn_keras", 640)
CLASSIC = ("ssd_mobilenet_v2_320x320_coco17_tpu-8", "ssd_mobilenet_v2_keras", 300)
PUBLISHED = (*RESNETS, *FPNLITES, MOBILENET_V1, CLASSIC)
SMALL = {
    "resnet101_v1_fpn": (RESNETS[2], 160, 0.125),
    "resnet152_v1_fpn": (RESNETS[4], 160, 0.125),
    "mobilenet_v1_fpn": (MOBILENET_V1, 160, 0.25),
    "mobilenet_v2_fpn": (("", "ssd_mobilenet_v2_fpn_keras", 640), 160, 0.35),
    "mobilenet_v2_ssd": (CLASSIC, 300, 0.35),
}
"""Families without a golden model in the tests: (published config, image size, depth multiplier)."""
CLASSES = 90

_CLASSIC_ANCHORS = """num_layers: 6 min_scale: 0.2 max_scale: 0.95
  aspect_ratios: 1.0 aspect_ratios: 2.0 aspect_ratios: 0.5 aspect_ratios: 3.0 aspect_ratios: 0.3333"""
_CLASSIC_HYPERPARAMETERS = """activation: RELU_6 regularizer { l2_regularizer { weight: 0.00004 } }
  initializer { %s { stddev: %s mean: 0.0 } }
  batch_norm { train: true scale: true center: true decay: 0.97 epsilon: 0.001 }"""
_CLASSIC_PREDICTOR = """min_depth: 0 max_depth: 0 num_layers_before_predictor: 0 use_dropout: false
  dropout_keep_probability: 0.8 kernel_size: 1 box_code_size: 4 apply_sigmoid_to_scores: false
  class_prediction_bias_init: -4.6"""


def published_config(name: str, extractor: str, size: int) -> pb.TrainEvalPipelineConfig:
    """Return a config with the model of the published file of this name."""
    config = load_config(FULL_SIZE_CONFIG)
    ssd = config.model.ssd
    ssd.num_classes, ssd.inplace_batchnorm_update, ssd.freeze_batchnorm = CLASSES, True, False
    ssd.matcher.argmax_matcher.ignore_thresholds = False
    resizer = ssd.image_resizer.fixed_shape_resizer
    resizer.height = resizer.width = size
    ssd.post_processing.batch_non_max_suppression.score_threshold = 1e-8
    ssd.feature_extractor.type = extractor
    ssd.feature_extractor.fpn.ClearField("additional_layer_depth")
    if "mobilenet" in extractor:
        _light_regularisation(ssd)
    if "fpnlite" in name:
        _fpnlite(ssd)
    if extractor == CLASSIC[1]:
        _classic(ssd)
    return config


def small_config(published: tuple[str, str, int], size: int, multiplier: float) -> pb.TrainEvalPipelineConfig:
    """Return a small variant: few channels, small images, three classes, few detections of high score."""
    config = published_config(*published)
    ssd = config.model.ssd
    ssd.num_classes = 3
    resizer = ssd.image_resizer.fixed_shape_resizer
    resizer.height = resizer.width = size
    ssd.feature_extractor.depth_multiplier = multiplier
    if ssd.box_predictor.HasField("weight_shared_convolutional_box_predictor"):
        ssd.box_predictor.weight_shared_convolutional_box_predictor.depth = 32
    nms = ssd.post_processing.batch_non_max_suppression
    nms.score_threshold, nms.max_detections_per_class, nms.max_total_detections = 0.3, 20, 30
    return config


def write_configs(folder: Path) -> Path:
    """Write all published configs into a folder, each under its published file name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, extractor, size in PUBLISHED:
        save_config(published_config(name, extractor, size), folder / f"{name}.config")
    return folder


def write_small_config(family: str, folder: Path) -> Path:
    """Write the small variant of a family."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{family}.config"
    save_config(small_config(*SMALL[family]), path)
    return path


def _light_regularisation(ssd: pb.Ssd) -> None:
    predictor = ssd.box_predictor.weight_shared_convolutional_box_predictor
    for hyperparameters in (predictor.conv_hyperparams, ssd.feature_extractor.conv_hyperparams):
        hyperparameters.regularizer.l2_regularizer.weight = 0.00004
    initializer = ssd.feature_extractor.conv_hyperparams.initializer
    initializer.random_normal_initializer.stddev = 0.01
    initializer.random_normal_initializer.mean = 0.0


def _fpnlite(ssd: pb.Ssd) -> None:
    predictor = ssd.box_predictor.weight_shared_convolutional_box_predictor
    predictor.depth, predictor.share_prediction_tower, predictor.use_depthwise = 128, True, True
    ssd.feature_extractor.use_depthwise = True
    ssd.feature_extractor.fpn.additional_layer_depth = 128


def _classic(ssd: pb.Ssd) -> None:
    """Turn the model into an SSD without a feature pyramid: six maps, each with its own heads and anchors."""
    ssd.anchor_generator.ClearField("multiscale_anchor_generator")
    text_format.Parse(_CLASSIC_ANCHORS, ssd.anchor_generator.ssd_anchor_generator)
    ssd.feature_extractor.ClearField("fpn")
    hyperparameters = ssd.feature_extractor.conv_hyperparams
    hyperparameters.Clear()
    text_format.Parse(_CLASSIC_HYPERPARAMETERS % ("truncated_normal_initializer", 0.03), hyperparameters)
    ssd.box_predictor.ClearField("weight_shared_convolutional_box_predictor")
    predictor = ssd.box_predictor.convolutional_box_predictor
    text_format.Parse(_CLASSIC_PREDICTOR, predictor)
    text_format.Parse(
        _CLASSIC_HYPERPARAMETERS % ("random_normal_initializer", 0.01), predictor.conv_hyperparams
    )
    ssd.loss.classification_loss.weighted_sigmoid_focal.alpha = 0.75
    ssd.loss.localization_loss.weighted_smooth_l1.delta = 1.0
