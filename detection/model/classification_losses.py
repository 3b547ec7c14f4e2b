"""Classification losses, such as the focal loss (Lin et al. 2017, arXiv:1708.02002)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb


class ClassificationKind(Enum):
    """The supported classification losses; values are field names of the schema."""

    FOCAL = "weighted_sigmoid_focal"
    SIGMOID = "weighted_sigmoid"
    SOFTMAX = "weighted_softmax"
    LOGITS_SOFTMAX = "weighted_logits_softmax"
    BOOTSTRAPPED = "bootstrapped_sigmoid"


def sigmoid_focal_loss(
    logits: Any, is_class: Any, weights: Any, *, alpha: Any | None, gamma: Any | None
) -> Any:
    """Return the focal loss `[batch, anchors]`, summed over all columns.

    It is computed in log space, so that value and gradient do not overflow for any gamma >= 0.

    Args:
        logits: `[batch, anchors, columns]`.
        is_class: bool `[batch, anchors, columns]`.
        weights: `[batch, anchors]`.
        alpha: The weight of positives, 1 - alpha that of negatives; None for equal weights.
        gamma: The focusing parameter; None for sigmoid cross-entropy.
    """
    margin = ops.where(is_class, logits, -logits)
    cross_entropy = ops.softplus(-margin)
    loss = cross_entropy
    if gamma is not None:
        loss = loss * ops.exp(-ops.convert_to_tensor(gamma) * (cross_entropy + margin))
    if alpha is not None:
        positive = ops.convert_to_tensor(alpha)
        loss = loss * ops.where(is_class, positive, 1.0 - positive)
    return ops.sum(loss, axis=2) * weights


def softmax_loss(logits: Any, labels: Any, weights: Any) -> Any:
    """Return the softmax cross-entropy `[batch, anchors]` with labels `[batch, anchors, columns]`.

    If all labels of a row are zero, its loss is 0 but its gradient is the softmax, as in TensorFlow's kernel,
    whose gradient assumes that labels sum to 1.
    """
    top = ops.stop_gradient(ops.max(logits, axis=2))
    log_sum = ops.log(ops.sum(ops.exp(logits - top[:, :, None]), axis=2)) + top
    total = ops.sum(labels, axis=2)
    loss = total * log_sum - ops.sum(labels * logits, axis=2)
    gradient_only = (1.0 - total) * (log_sum - ops.stop_gradient(log_sum))
    return (loss + gradient_only) * weights


def bootstrapped_loss(logits: Any, is_class: Any, weights: Any, *, alpha: Any, hard: bool) -> Any:
    """Return the bootstrapped sigmoid cross-entropy `[batch, anchors]` (Reed et al. 2015, arXiv:1412.6596).

    The label is `alpha * truth + (1 - alpha) * prediction`. The prediction is the sigmoid or, if `hard`, 1
    where the sigmoid exceeds one half and 0 elsewhere.
    """
    alpha = ops.convert_to_tensor(alpha)
    prediction = ops.cast(logits > 0.0, logits.dtype) if hard else ops.sigmoid(logits)
    label = alpha * ops.cast(is_class, logits.dtype) + (1.0 - alpha) * prediction
    loss = ops.softplus(logits) - logits * label
    return ops.sum(loss, axis=2) * weights


@dataclass(frozen=True)
class ClassificationLoss:
    """The classification loss of a config; its numbers may be Keras variables."""

    kind: ClassificationKind
    gamma: Any
    alpha: Any | None
    logit_scale: Any
    bootstrap_alpha: Any
    hard_bootstrap: bool

    @classmethod
    def of(cls, ssd: pb.Ssd, values: Mapping[str, Any]) -> "ClassificationLoss":
        """Return the loss of a config, with its dynamic values; its kind must be in `ClassificationKind`."""
        message = ssd.loss.classification_loss
        has_alpha = message.weighted_sigmoid_focal.HasField("alpha")
        return cls(
            ClassificationKind(message.WhichOneof("classification_loss")),
            gamma=values["focal_gamma"],
            alpha=values["focal_alpha"] if has_alpha else None,
            logit_scale=values["softmax_logit_scale"],
            bootstrap_alpha=values["bootstrap_alpha"],
            hard_bootstrap=message.bootstrapped_sigmoid.hard_bootstrap,
        )

    def __call__(self, logits: Any, is_class: Any, weights: Any) -> Any:
        """Return the loss `[batch, anchors]`; `is_class` is bool `[batch, anchors, columns]`."""
        match self.kind:
            case ClassificationKind.FOCAL:
                return sigmoid_focal_loss(logits, is_class, weights, alpha=self.alpha, gamma=self.gamma)
            case ClassificationKind.SIGMOID:
                return sigmoid_focal_loss(logits, is_class, weights, alpha=None, gamma=None)
            case ClassificationKind.BOOTSTRAPPED:
                return bootstrapped_loss(
                    logits, is_class, weights, alpha=self.bootstrap_alpha, hard=self.hard_bootstrap
                )
        scale = ops.convert_to_tensor(self.logit_scale)
        labels = ops.cast(is_class, logits.dtype)
        if self.kind is ClassificationKind.LOGITS_SOFTMAX:
            labels = ops.softmax(labels / scale, axis=2)
        return softmax_loss(logits / scale, labels, weights)
