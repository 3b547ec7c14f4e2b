"""Localisation and classification losses (Lin et al. 2017, arXiv:1708.02002, for the focal loss)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from keras import ops

from detection.config import pipeline_pb2 as pb
from detection.core.errors import ConfigError
from detection.model.targets import Targets


class LocalizationKind(Enum):
    """The localisation losses that are built; values are the schema's field names."""

    SMOOTH_L1 = "weighted_smooth_l1"
    L2 = "weighted_l2"


class ClassificationKind(Enum):
    """The classification losses that are built; values are the schema's field names."""

    FOCAL = "weighted_sigmoid_focal"
    SIGMOID = "weighted_sigmoid"


def smooth_l1_loss(codes: Any, targets: Any, weights: Any, delta: Any) -> Any:
    """Return the Huber loss `[batch, anchors]`, summed over the 4 codes; it is not divided by delta."""
    error = ops.abs(codes - targets)
    delta = ops.convert_to_tensor(delta)
    per_code = ops.where(error <= delta, 0.5 * error * error, delta * (error - 0.5 * delta))
    return ops.sum(per_code, axis=2) * weights


def l2_loss(codes: Any, targets: Any, weights: Any) -> Any:
    """Return half the squared weighted error `[batch, anchors]`: a weight counts twice."""
    error = (codes - targets) * weights[:, :, None]
    return 0.5 * ops.sum(error * error, axis=2)


def sigmoid_focal_loss(
    logits: Any, is_class: Any, weights: Any, *, alpha: Any | None, gamma: Any | None
) -> Any:
    """Return the focal loss `[batch, anchors]`, summed over all columns.

    `is_class` is bool `[batch, anchors, columns]`. Without alpha the two sides weigh the same; without gamma
    this is plain sigmoid cross-entropy. Written in log space, where neither value nor gradient overflows for
    any gamma >= 0.
    """
    margin = ops.where(is_class, logits, -logits)
    cross_entropy = ops.maximum(-margin, 0.0) + ops.log1p(ops.exp(-ops.abs(margin)))
    loss = cross_entropy
    if gamma is not None:
        loss = loss * ops.exp(-ops.convert_to_tensor(gamma) * (cross_entropy + margin))
    if alpha is not None:
        positive = ops.convert_to_tensor(alpha)
        loss = loss * ops.where(is_class, positive, 1.0 - positive)
    return ops.sum(loss, axis=2) * weights


@dataclass(frozen=True)
class DetectionLoss:
    """The two weighted and normalised losses of a config; every number may be a Keras variable."""

    localization: LocalizationKind
    classification: ClassificationKind
    normalize_by_matches: bool
    normalize_by_code_size: bool
    localization_weight: Any
    classification_weight: Any
    delta: Any
    gamma: Any
    alpha: Any | None

    @classmethod
    def of(cls, ssd: pb.Ssd, values: Mapping[str, Any]) -> "DetectionLoss":
        """Return the losses of a config with its dynamic values; ConfigError for a loss that is not built."""
        kind = _classification_kind(ssd.loss)
        focal = ssd.loss.classification_loss.weighted_sigmoid_focal
        return cls(
            _localization_kind(ssd.loss),
            kind,
            normalize_by_matches=ssd.normalize_loss_by_num_matches,
            normalize_by_code_size=ssd.normalize_loc_loss_by_codesize,
            localization_weight=values["localization_weight"],
            classification_weight=values["classification_weight"],
            delta=values["smooth_l1_delta"],
            gamma=values["focal_gamma"],
            alpha=values["focal_alpha"]
            if kind is ClassificationKind.FOCAL and focal.HasField("alpha")
            else None,
        )

    def __call__(self, codes: Any, logits: Any, targets: Targets) -> tuple[Any, Any]:
        """Return the scalars (localisation, classification) of float32 predictions of a batch.

        Both are sums over the batch, divided by the sum of the matched anchors' box weights (at least 1) where
        the config normalises.
        """
        columns = ops.arange(logits.shape[2], dtype="int32")
        is_class = ops.equal(targets.columns[:, :, None], columns)
        localization = ops.sum(self._localization(codes, targets))
        classification = ops.sum(self._classification(logits, is_class, targets.class_weights))
        if self.normalize_by_matches:
            matches = ops.maximum(ops.sum(targets.box_weights), 1.0)
            localization, classification = localization / matches, classification / matches
        if self.normalize_by_code_size:
            localization = localization / codes.shape[2]
        return (
            localization * ops.convert_to_tensor(self.localization_weight),
            classification * ops.convert_to_tensor(self.classification_weight),
        )

    def _localization(self, codes: Any, targets: Targets) -> Any:
        wanted = ops.where(ops.isnan(targets.codes), codes, targets.codes)
        if self.localization is LocalizationKind.SMOOTH_L1:
            return smooth_l1_loss(codes, wanted, targets.box_weights, self.delta)
        return l2_loss(codes, wanted, targets.box_weights)

    def _classification(self, logits: Any, is_class: Any, weights: Any) -> Any:
        if self.classification is ClassificationKind.FOCAL:
            return sigmoid_focal_loss(logits, is_class, weights, alpha=self.alpha, gamma=self.gamma)
        return sigmoid_focal_loss(logits, is_class, weights, alpha=None, gamma=None)


def _localization_kind(message: pb.Loss) -> LocalizationKind:
    """Return the localisation loss of a config; ConfigError for one that is not built."""
    chosen = message.localization_loss.WhichOneof("localization_loss")
    _check(chosen, [kind.value for kind in LocalizationKind], "localization_loss")
    return LocalizationKind(chosen)


def _classification_kind(message: pb.Loss) -> ClassificationKind:
    """Return the classification loss of a config; ConfigError for one that is not built."""
    chosen = message.classification_loss.WhichOneof("classification_loss")
    _check(chosen, [kind.value for kind in ClassificationKind], "classification_loss")
    return ClassificationKind(chosen)


def _check(chosen: str | None, known: list[str], field: str) -> None:
    if chosen not in known:
        raise ConfigError(
            f"model.ssd.loss.{field}: {chosen or 'nothing'} is set; supported are {', '.join(known)}"
        )
