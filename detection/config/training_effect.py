"""Which fields of a config act on the weights of a training, and from when on."""

import re
from enum import StrEnum


class TrainingEffect(StrEnum):
    """When two trainings that differ in one field must come to different weights.

    * `CERTAIN`: after one step at a rate above zero
    * `SECOND_STEP`: after two, as the field acts on what earlier steps left
    * `RATE`: where the learning rates of the steps differ
    * `CHANCE`: after many images, as the field acts on some of them, drawn at random
    * `POSSIBLE`: perhaps never: a threshold that is not reached, a pattern that matches nothing
    * `NONE`: never
    """

    CERTAIN = "certain"
    SECOND_STEP = "second step"
    RATE = "rate"
    CHANCE = "chance"
    POSSIBLE = "possible"
    NONE = "none"


_OPTIMIZER = r"train_config\.optimizer\.\w+\."
_RULES: tuple[tuple[str, TrainingEffect], ...] = (
    (r"(eval_config|eval_input_reader|train_input_reader|graph_rewriter)\b", TrainingEffect.NONE),
    (r"model\.ssd\.(post_processing|return_raw_detections_during_predict)\b", TrainingEffect.NONE),
    (
        r"train_config\.(sync_replicas|replicas_to_aggregate|startup_delay_steps|batch_queue_capacity)\b",
        TrainingEffect.NONE,
    ),
    (
        r"train_config\.(keep_checkpoint_every_n_hours|num_batch_queue_threads|prefetch_queue_capacity)\b",
        TrainingEffect.NONE,
    ),
    (
        r"train_config\.(retain_original_images|summarize_gradients|run_fine_tune_checkpoint_dummy_\w+)\b",
        TrainingEffect.NONE,
    ),
    (r"train_config\.num_steps\b", TrainingEffect.RATE),
    (_OPTIMIZER + r"learning_rate\b", TrainingEffect.RATE),
    (_OPTIMIZER + r"(momentum_optimizer_value|decay)\b", TrainingEffect.SECOND_STEP),
    (r"train_config\.data_augmentation_options\b", TrainingEffect.CHANCE),
    (_OPTIMIZER + r"epsilon\b", TrainingEffect.POSSIBLE),
    (r"train_config\.optimizer\.(use_moving_average|moving_average_decay)\b", TrainingEffect.POSSIBLE),
    (r"train_config\.optimizer\.", TrainingEffect.CERTAIN),
    (r"train_config\.(batch_size|add_regularization_loss)\b", TrainingEffect.CERTAIN),
    (r"train_config\.", TrainingEffect.POSSIBLE),
    (r"model\.ssd\.(matcher|loss\.hard_example_miner|loss\.localization_loss)\b", TrainingEffect.POSSIBLE),
    (
        r"model\.ssd\..*(initializer|batch_norm|freeze_batchnorm|inplace_batchnorm_update)\b",
        TrainingEffect.POSSIBLE,
    ),
    (r"model\.ssd\.", TrainingEffect.CERTAIN),
)
"""Patterns of paths with the effect of their fields; the first that matches counts."""


def training_effect(path: str) -> TrainingEffect:
    """Return when the field at a path must act on the weights; `POSSIBLE` for fields that no rule names."""
    return next((effect for pattern, effect in _RULES if re.match(pattern, path)), TrainingEffect.POSSIBLE)
