"""The static part of a detector's config, which is compiled in; computed without loading Keras."""

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.hyperparameters import chosen_predictor
from sweepbox.detection.model.loss_values import clear_loss_values


def detector_part(ssd: pb.Ssd) -> bytes:
    """Return the detector's part of the `CompileKey`: its serialised config without the dynamic values.

    It includes whether focal alpha is set.
    """
    return _static_message(ssd).SerializeToString(deterministic=True)


def _static_message(ssd: pb.Ssd) -> pb.Ssd:
    static = pb.Ssd()
    static.CopyFrom(ssd)
    clear_loss_values(static)
    if static.feature_extractor.fpn.HasField("follow_fields"):
        static.feature_extractor.fpn.ClearField("follow_fields")  # in a config that is read, all fields count
    static.matcher.argmax_matcher.ClearField("matched_threshold")
    static.matcher.argmax_matcher.ClearField("unmatched_threshold")
    static.post_processing.batch_non_max_suppression.ClearField("score_threshold")
    static.post_processing.batch_non_max_suppression.ClearField("iou_threshold")
    for hyper in (static.feature_extractor.conv_hyperparams, chosen_predictor(static).conv_hyperparams):
        kind = hyper.regularizer.WhichOneof("regularizer_oneof")
        if kind is not None:
            getattr(hyper.regularizer, kind).ClearField("weight")
    return static
