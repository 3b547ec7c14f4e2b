"""Keys of the classic SSD's layers, as a new model of the Object Detection API lists them."""

import pytest
from google.protobuf import text_format

from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.config import pipeline_pb2 as pb

EXTRAS = "model/_feature_extractor/{}/convolutions"
HEADS = "model/_box_predictor/_prediction_heads"
BOXES = f"{HEADS}/box_encodings/1/_box_encoder_layers"
CLASSES = f"{HEADS}/class_predictions_with_background/1/_class_predictor_layers"


def _key(path: str, extractor: str = "", predictor: str = "", kind: str = "ssd_mobilenet_v2_keras") -> str:
    ssd = text_format.Parse(
        f"feature_extractor {{ type: '{kind}' {extractor} }} "
        f"box_predictor {{ convolutional_box_predictor {{ {predictor or 'use_dropout: false'} }} }}",
        pb.Ssd(),
    )
    return checkpoint_keys([path], ssd)[path]


@pytest.mark.parametrize(
    ("path", "settings", "key"),
    [
        ("extra_6_reduce_conv/kernel", "", "2/0/kernel"),
        ("extra_6_reduce_bn/gamma", "", "2/1/gamma"),
        ("extra_6_conv/kernel", "", "2/3/kernel"),
        ("extra_9_bn/moving_mean", "", "5/4/moving_mean"),
        ("extra_6_conv/kernel", "use_explicit_padding: true", "2/4/kernel"),
        ("extra_6_depthwise_conv/kernel", "use_depthwise: true", "2/3/depthwise_kernel"),
        ("extra_6_depthwise_bn/beta", "use_depthwise: true", "2/4/beta"),
        ("extra_6_conv/kernel", "use_depthwise: true", "2/6/kernel"),
        ("extra_6_bn/beta", "use_depthwise: true use_explicit_padding: true", "2/8/beta"),
    ],
)
def test_extra_maps(path: str, settings: str, key: str) -> None:
    v1 = "ssd_mobilenet_v1_keras"
    assert _key(path, settings) == f"{EXTRAS.format('feature_map_generator')}/{key}"
    assert _key(path, settings, kind=v1) == f"{EXTRAS.format('_feature_map_generator')}/{key}"


@pytest.mark.parametrize(
    ("path", "settings", "key"),
    [
        ("box_head_level_5/kernel", "", f"{BOXES}/0/kernel"),
        ("class_head_level_5/bias", "", f"{CLASSES}/0/bias"),
        ("class_head_level_5/bias", "use_dropout: true", f"{CLASSES}/1/bias"),
        ("box_head_level_5/kernel", "use_dropout: true", f"{BOXES}/0/kernel"),
        (
            "box_head_level_5_depthwise_conv/kernel",
            "use_depthwise: true use_dropout: false",
            f"{BOXES}/0/depthwise_kernel",
        ),
        ("box_head_level_5_depthwise_bn/gamma", "use_depthwise: true use_dropout: false", f"{BOXES}/1/gamma"),
        ("box_head_level_5/kernel", "use_depthwise: true use_dropout: false", f"{BOXES}/3/kernel"),
        (
            "class_head_level_5_depthwise_conv/kernel",
            "use_depthwise: true use_dropout: true",
            f"{CLASSES}/1/depthwise_kernel",
        ),
        ("class_head_level_5/kernel", "use_depthwise: true use_dropout: true", f"{CLASSES}/4/kernel"),
        ("predictor_0_level_4_conv/kernel", "", "model/_box_predictor/_shared_nets/0/0/kernel"),
        ("predictor_1_level_9_conv/kernel", "", "model/_box_predictor/_shared_nets/5/3/kernel"),
        ("predictor_1_level_9_bn/beta", "", "model/_box_predictor/_shared_nets/5/4/beta"),
    ],
)
def test_predictor(path: str, settings: str, key: str) -> None:
    assert _key(path, predictor=settings) == key
