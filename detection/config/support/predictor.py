"""Checks of the box predictors, and of convolution hyperparameters anywhere."""

from collections.abc import Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.parts import SSD, for_ssd, within
from sweepbox.detection.config.support.rules import MOST_CHANNELS, Check, Choice, Only, Range

SHARED = f"{SSD}.box_predictor.weight_shared_convolutional_box_predictor"
CONVOLUTIONAL = f"{SSD}.box_predictor.convolutional_box_predictor"


def check_tower(ssd: pb.Ssd) -> Iterator[str]:
    """Check that shared towers, if there are any, have channels."""
    predictor = ssd.box_predictor.weight_shared_convolutional_box_predictor
    if predictor.num_layers_before_predictor > 0 and predictor.depth < 1:
        yield f"{SHARED}.depth = {predictor.depth}: give a value of at least 1"


def check_own_layers(ssd: pb.Ssd) -> Iterator[str]:
    """Check that min_depth does not exceed max_depth, and that a depthwise head has a kernel above 1."""
    predictor = ssd.box_predictor.convolutional_box_predictor
    if predictor.min_depth > predictor.max_depth:
        yield (
            f"{CONVOLUTIONAL}.min_depth = {predictor.min_depth} exceeds max_depth = {predictor.max_depth}; "
            "lower it"
        )
    if predictor.use_depthwise and predictor.kernel_size == 1:
        yield f"{CONVOLUTIONAL}.kernel_size = 1 contradicts use_depthwise = true; set kernel_size to 3"


def hyperparameter_checks(owner: str) -> tuple[Check, ...]:
    """Return the checks of the convolution hyperparameters of `owner`."""
    path = f"{owner}.conv_hyperparams"
    initializers = ("truncated_normal_initializer", "random_normal_initializer", "variance_scaling_initializer")
    return (
        Only(f"{path}.op", ("CONV",)),
        Choice(f"{path}.regularizer", "regularizer_oneof", ("l2_regularizer",), optional=True),
        Range(f"{path}.regularizer.l2_regularizer.weight", 0),
        within(path, Choice(f"{path}.initializer", "initializer_oneof", initializers)),
        Range(f"{path}.initializer.truncated_normal_initializer.stddev", 0),
        Range(f"{path}.initializer.random_normal_initializer.stddev", 0),
        Range(f"{path}.initializer.variance_scaling_initializer.factor", 0, above=True),
        Choice(path, "normalizer_oneof", ("batch_norm", "sync_batch_norm"), optional=True),
        *(
            Range(f"{path}.{norm}.{name}", low, high)
            for norm in ("batch_norm", "sync_batch_norm")
            for name, low, high in (("decay", 0, 1), ("epsilon", 0, None))
        ),
    )


def _checks_of(predictor: str) -> tuple[Check, ...]:
    """Return the checks of both kinds of predictor."""
    return (
        Range(f"{predictor}.num_layers_before_predictor", 0, 100),
        Range(f"{predictor}.kernel_size", 1, 99),
        Only(f"{predictor}.box_code_size", (4,)),
        Range(f"{predictor}.dropout_keep_probability", 0, 1, above=True),
        *hyperparameter_checks(predictor),
    )


PREDICTOR_CHECKS: tuple[Check, ...] = (
    *_checks_of(SHARED),
    Range(f"{SHARED}.depth", 0, MOST_CHANNELS),
    within(SHARED, for_ssd(check_tower)),
    *_checks_of(CONVOLUTIONAL),
    Range(f"{CONVOLUTIONAL}.min_depth", 0, MOST_CHANNELS),
    Range(f"{CONVOLUTIONAL}.max_depth", 0, MOST_CHANNELS),
    within(CONVOLUTIONAL, for_ssd(check_own_layers)),
)
"""The checks of `model.ssd.box_predictor`."""
