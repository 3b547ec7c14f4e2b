"""What of a config's readers and evaluation settings is supported, and which values make sense."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

from detection.config import pipeline_pb2 as pb
from detection.config.rules import Absent, Check, Choice, Only, Range

METRICS = ("coco_detection_metrics",)


def check_metrics(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that no other metrics than COCO's are asked for."""
    for name in config.eval_config.metrics_set:
        if name not in METRICS:
            yield f"eval_config.metrics_set: {name!r} is not supported; use {METRICS[0]!r}"


def check_readers(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that the readers read TFRecords of tf.Example, all of them."""
    if config.HasField("train_input_reader"):
        yield from _reader_problems(config.train_input_reader, "train_input_reader")
        if not config.train_input_reader.shuffle:
            yield "train_input_reader.shuffle = false is not supported; use true"
    for index, reader in enumerate(config.eval_input_reader):
        yield from _reader_problems(reader, f"eval_input_reader[{index}]")


_READER_RULES: tuple[Any, ...] = (
    Choice("", "input_reader", ("tf_record_input_reader",), optional=True),
    Only("input_type", ("TF_EXAMPLE", "INPUT_DEFAULT")),
    Only("num_additional_channels", (0,)),
    Only("load_multiclass_scores", (False,)),
    Only("load_context_features", (False,)),
    Only("expand_labels_hierarchy", (False,)),
    Only("sample_1_of_n_examples", (0, 1)),
    Range("max_number_of_boxes", 1),
    Absent("sample_from_datasets_weights"),
)


def _reader_problems(reader: Message, path: str) -> Iterator[str]:
    """Yield the problems of one reader, with the reader's path put before each."""
    for rule in _READER_RULES:
        for problem in rule(reader):
            yield f"{path}.{problem.lstrip('.')}"


INPUT_CHECKS: tuple[Check, ...] = (
    check_readers,
    check_metrics,
    Range("eval_config.batch_size", 1),
    Only("eval_config.use_moving_averages", (False,)),
    Only("eval_config.eval_instance_masks", (False,)),
    Only("eval_config.ignore_groundtruth", (False,)),
    Only("eval_config.force_no_resize", (False,)),
    Only("eval_config.skip_predictions_for_unlabeled_class", (False,)),
    Absent("eval_config.parameterized_metric"),
    Absent("graph_rewriter.quantization"),
)
"""What the readers and the evaluation are checked for."""
