"""Batch norm whose statistics do not fit the length or the batches of the training."""

from collections.abc import Iterator

from sweepbox.detection.config.extractors import EXTRACTORS, Backbone
from sweepbox.detection.diagnosis.traps.finding import Case, Finding
from sweepbox.detection.model.hyperparameters import (
    MOBILENET_DEFAULT,
    RESNET_DEFAULT,
    chosen_predictor,
    conv_hyperparameters,
)

MOST_LEFT = 0.05
"""The largest acceptable weight of the initial statistics in the averages at the end of the training."""
SETTLED = 5
"""Averages have settled after this many times 1 / (1 - decay) steps: 1 % of the start is left."""
SMALL_BATCH = 2


def slow_average(case: Case) -> Iterator[Finding]:
    """Find moving averages that still hold much of their initial values when the training ends."""
    if case.ssd.freeze_batchnorm or case.steps < 1:
        return
    fields: dict[float, list[str]] = {}
    for field, decay in _decays(case):
        fields.setdefault(decay, []).append(field)
    for decay, owners in fields.items():
        left = decay**case.steps
        if left > MOST_LEFT:
            good = round(max(1 - SETTLED / case.steps, 0.9), 4)
            yield Finding(
                f"{' and '.join(owners)} = {decay:.6g}",
                f"after {case.steps} steps the averages that evaluation and export use still are {left:.0%} "
                "of what they began as, while training uses those of the batch: a low loss, poor detections",
                f"set it to {good:g} or lower, train longer, or start from a checkpoint with "
                "model.ssd.freeze_batchnorm: true",
            )


def small_batches(case: Case) -> Iterator[Finding]:
    """Find batch norm that is trained on batches of one or two images."""
    size = case.config.train_config.batch_size
    if 0 < size <= SMALL_BATCH and not case.ssd.freeze_batchnorm and any(_decays(case)):
        yield Finding(
            f"train_config.batch_size = {size}",
            "batch norm takes mean and variance from so few images that they differ from step to step, and "
            "from the averages that evaluation uses",
            "use larger batches, or start from a checkpoint with model.ssd.freeze_batchnorm: true",
        )


def _decays(case: Case) -> Iterator[tuple[str, float]]:
    """Yield field and decay of each group of batch norms, of the backbone's only where it has its own."""
    ssd = case.ssd
    extractor, path = ssd.feature_extractor, "model.ssd.feature_extractor"
    kind = EXTRACTORS.get(extractor.type)
    predictor = str(ssd.box_predictor.WhichOneof("box_predictor_oneof"))
    owners = {f"model.ssd.box_predictor.{predictor}": chosen_predictor(ssd).conv_hyperparams}
    if kind is not None and not extractor.override_base_feature_extractor_hyperparams:
        default = RESNET_DEFAULT if kind.backbone is Backbone.RESNET_V1 else MOBILENET_DEFAULT
        if default.batch_norm is not None:
            yield f"batch norm of the backbone, as {path} does not override it,", default.batch_norm.momentum
    for owner, message in {path: extractor.conv_hyperparams, **owners}.items():
        norm = str(message.WhichOneof("normalizer_oneof"))
        if norm in {"batch_norm", "sync_batch_norm"}:
            settings = conv_hyperparameters(message, f"{owner}.conv_hyperparams").batch_norm
            if settings is not None:
                yield f"{owner}.conv_hyperparams.{norm}.decay", settings.momentum
