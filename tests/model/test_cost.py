"""The cost of a network: against what Keras and TensorFlow's own profiler count in the built one."""

from pathlib import Path

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config
from sweepbox.detection.model.cost import network_cost
from sweepbox.detection.model.ssd import build_detector
from tests.tiny import tiny_config

GOLDEN = Path(__file__).parents[1] / "golden"
NETWORKS = [path.name for path in sorted(GOLDEN.glob("model_*")) if "resnet101" not in path.name]


def ssd_of(name: str) -> pb.Ssd:
    return (
        tiny_config().model.ssd if name == "tiny" else load_config(GOLDEN / name / "pipeline.config").model.ssd
    )


def profiled_flop(ssd: pb.Ssd) -> float:
    """Return the operations of the convolutions that TensorFlow's profiler counts for one image."""
    import tensorflow as tf
    from tensorflow.python.profiler.model_analyzer import profile
    from tensorflow.python.profiler.option_builder import ProfileOptionBuilder

    detector = build_detector(ssd, seed=None)
    specification = tf.TensorSpec((1, *detector.input_size, 3), tf.float32)
    network = tf.function(lambda images: detector.network(images, training=False))
    options = ProfileOptionBuilder(ProfileOptionBuilder.float_operation())
    options.with_empty_output().with_accounted_types(["Conv2D", "DepthwiseConv2dNative"])
    graph = network.get_concrete_function(specification).graph
    return float(profile(graph, options=options.order_by("float_ops").build()).total_float_ops)


@pytest.mark.parametrize("name", ["tiny", *NETWORKS])
def test_the_parameters_are_those_that_keras_counts(name: str) -> None:
    ssd = ssd_of(name)
    assert network_cost(ssd).parameters == build_detector(ssd, seed=None).network.count_params()


@pytest.mark.parametrize("name", ["tiny", "model_mobilenet_v1_ssd_small"])
def test_the_operations_are_those_that_tensorflow_profiles(name: str) -> None:
    ssd = ssd_of(name)
    assert network_cost(ssd).gflop * 1e9 == pytest.approx(profiled_flop(ssd), rel=1e-9)


def test_work_grows_with_the_image_and_parameters_do_not() -> None:
    small, large = (
        network_cost(
            tiny_config(
                f"model.ssd.image_resizer.fixed_shape_resizer.height={side}",
                f"model.ssd.image_resizer.fixed_shape_resizer.width={side}",
            ).model.ssd
        )
        for side in (96, 192)
    )
    assert small.parameters == large.parameters
    assert large.gflop == pytest.approx(4 * small.gflop)
