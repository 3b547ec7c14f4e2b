from collections.abc import Callable

import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb

HYPER = """
  regularizer { l2_regularizer { weight: 0.0004 } }
  initializer { random_normal_initializer { stddev: 0.01 } }
  activation: RELU_6
  batch_norm { decay: 0.9 scale: true epsilon: 0.001 }
"""

SSD = f"""
num_classes: 3
image_resizer {{ fixed_shape_resizer {{ height: 64 width: 64 }} }}
feature_extractor {{
  type: "ssd_mobilenet_v2_fpn_keras"
  depth_multiplier: 0.1
  min_depth: 8
  conv_hyperparams {{ {HYPER} }}
  use_depthwise: true
  override_base_feature_extractor_hyperparams: true
  fpn {{ min_level: 3 max_level: 7 additional_layer_depth: 80 }}
}}
box_coder {{ faster_rcnn_box_coder {{}} }}
matcher {{ argmax_matcher {{ force_match_for_each_row: true }} }}
similarity_calculator {{ iou_similarity {{}} }}
box_predictor {{
  weight_shared_convolutional_box_predictor {{
    conv_hyperparams {{ {HYPER} }}
    depth: 8
    num_layers_before_predictor: 2
    class_prediction_bias_init: -4.6
    share_prediction_tower: true
    use_depthwise: true
  }}
}}
anchor_generator {{ multiscale_anchor_generator {{ aspect_ratios: [1.0, 2.0, 0.5] }} }}
post_processing {{
  batch_non_max_suppression {{ score_threshold: 1e-8 max_detections_per_class: 10 max_total_detections: 10 }}
  score_converter: SIGMOID
}}
loss {{
  localization_loss {{ weighted_smooth_l1 {{}} }}
  classification_loss {{ weighted_sigmoid_focal {{ alpha: 0.25 }} }}
}}
encode_background_as_zeros: true
normalize_loc_loss_by_codesize: true
"""


@pytest.fixture(scope="session")
def ssd_text() -> str:
    """A tiny FPNLite detector as proto text."""
    return SSD


@pytest.fixture
def ssd(ssd_text: str) -> pb.Ssd:
    """A tiny FPNLite detector."""
    return text_format.Parse(ssd_text, pb.Ssd())


@pytest.fixture
def changed_ssd(ssd: pb.Ssd) -> Callable[[str], pb.Ssd]:
    """A function that returns the tiny detector with the fields of a text merged in."""

    def changed(text: str) -> pb.Ssd:
        result = pb.Ssd()
        result.CopyFrom(ssd)
        return text_format.Merge(text, result)

    return changed
