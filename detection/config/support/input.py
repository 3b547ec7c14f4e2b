"""Checks of the input readers and evaluation settings."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.rules import (
    LARGEST_BATCH,
    MOST_BOXES,
    Absent,
    Check,
    Choice,
    Only,
    Range,
)
from sweepbox.detection.core.metric_names import MetricSet


def check_metrics(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that the sets of metrics are known."""
    known = tuple(MetricSet)
    for name in config.eval_config.metrics_set:
        if name not in known:
            supported = " or ".join(repr(choice.value) for choice in MetricSet)
            yield f"eval_config.metrics_set: {name!r} is not supported; use {supported}"


def check_readers(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that the readers read TFRecords of tf.Example."""
    if config.HasField("train_input_reader"):
        yield from _reader_problems(config.train_input_reader, "train_input_reader")
        if config.train_input_reader.num_epochs:
            yield (
                f"train_input_reader.num_epochs = {config.train_input_reader.num_epochs} is not supported; "
                "remove it: train_config.num_steps is the length of a run"
            )
    for index, reader in enumerate(config.eval_input_reader):
        yield from _reader_problems(reader, f"eval_input_reader[{index}]")


_READER_RULES: tuple[Any, ...] = (
    Choice("", "input_reader", ("tf_record_input_reader",), optional=True),
    Only("input_type", ("TF_EXAMPLE", "INPUT_DEFAULT")),
    Only("num_additional_channels", (0,)),
    Only("load_multiclass_scores", (False,)),
    Only("load_context_features", (False,)),
    Only("expand_labels_hierarchy", (False,)),
    Range("max_number_of_boxes", 1, MOST_BOXES),
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
    Range("eval_config.batch_size", 1, LARGEST_BATCH),
    Only("eval_config.eval_instance_masks", (False,)),
    Only("eval_config.ignore_groundtruth", (False,)),
    Only("eval_config.force_no_resize", (False,)),
    Only("eval_config.skip_predictions_for_unlabeled_class", (False,)),
    Only("eval_config.all_metrics_per_category", (False,)),
    Absent("eval_config.parameterized_metric"),
    Absent("eval_config.super_categories"),
    Absent("graph_rewriter.quantization"),
)
"""What the readers and the evaluation are checked for.

What is not named here passes. It has its effect (`batch_size`, `max_number_of_boxes`, `shuffle`,
`sample_1_of_n_examples`; `num_readers` and `read_block_length` on the order of unshuffled records), or none on
any result: sizes of queues, buffers and shuffles (records are shuffled whole), features that an SSD does not
learn from (masks, keypoints), `drop_remainder` (no picture is left out of an evaluation), `num_epochs` of an
evaluation (one, always), `num_examples`, `max_evals`, `include_metrics_per_category` (classes are always
reported), `use_dummy_loss_in_eval` (losses are computed all the same), recall bounds and everything about
pictures drawn.
"""
