"""Localisation and classification losses of a batch, with hard example mining, weights and normalisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.box_coder import BoxCoder
from sweepbox.detection.model.classification_losses import ClassificationKind, ClassificationLoss
from sweepbox.detection.model.hard_examples import HardExampleMiner
from sweepbox.detection.model.localization_losses import LocalizationKind, LocalizationLoss
from sweepbox.detection.model.targets import Targets


@dataclass(frozen=True)
class DetectionLoss:
    """The weighted and normalised losses of a config; its numbers may be Keras variables."""

    localization: LocalizationLoss
    classification: ClassificationLoss
    miner: HardExampleMiner | None
    coder: BoxCoder
    normalize_by_matches: bool
    normalize_by_code_size: bool
    localization_weight: Any
    classification_weight: Any

    @classmethod
    def of(cls, ssd: pb.Ssd, values: Mapping[str, Any]) -> "DetectionLoss":
        """Return the losses of a config with its dynamic values.

        Raises:
            ConfigError: A loss is not supported.
        """
        _check(ssd.loss.localization_loss, LocalizationKind, "localization_loss")
        _check(ssd.loss.classification_loss, ClassificationKind, "classification_loss")
        mines = ssd.loss.HasField("hard_example_miner")
        return cls(
            LocalizationLoss.of(ssd, values),
            ClassificationLoss.of(ssd, values),
            HardExampleMiner.of(ssd.loss.hard_example_miner, values) if mines else None,
            BoxCoder.of(ssd.box_coder.faster_rcnn_box_coder),
            normalize_by_matches=ssd.normalize_loss_by_num_matches,
            normalize_by_code_size=ssd.normalize_loc_loss_by_codesize,
            localization_weight=values["localization_weight"],
            classification_weight=values["classification_weight"],
        )

    def __call__(
        self,
        codes: Any,
        logits: Any,
        targets: Targets,
        anchors_yxyx: Any,
        *,
        groups: int = 1,
        is_annotated: Any | None = None,
    ) -> tuple[Any, Any]:
        """Return (localisation, classification) losses, each `[groups]`, of the float32 predictions of a batch.

        Each loss is the sum over a group. If the config normalises by matches, it is divided by the sum of the
        box weights of the group's matched anchors (at least 1).

        Args:
            codes: Predicted box codes `[batch, anchors, 4]`.
            logits: Predicted class logits `[batch, anchors, columns]`.
            targets: The targets.
            anchors_yxyx: The anchors `[anchors, 4]`.
            groups: The number of groups of consecutive images that the batch is split into.
            is_annotated: bool `[batch]`; the losses of other images are 0, but their box weights are included
                in the normalisation. None if all images are annotated.
        """
        is_class = ops.equal(targets.columns[:, :, None], ops.arange(logits.shape[2], dtype="int32"))
        localization = self.localization(codes, targets, anchors_yxyx)
        classification = self.classification(logits, is_class, targets.class_weights)
        if is_annotated is not None:
            localization, classification = (
                ops.where(is_annotated[:, None], loss, 0.0) for loss in (localization, classification)
            )
        localization = localization * ops.convert_to_tensor(self.localization_weight)
        classification = classification * ops.convert_to_tensor(self.classification_weight)
        if self.miner is not None:
            boxes = self.coder.decode(ops.stop_gradient(codes), anchors_yxyx)
            counts = self.miner(localization, classification, boxes, targets.match)
            localization, classification = (
                ops.where(counts, loss, 0.0) for loss in (localization, classification)
            )
        return self._normalised(localization, classification, targets, groups)

    def _normalised(
        self, localization: Any, classification: Any, targets: Targets, groups: int
    ) -> tuple[Any, Any]:
        """Return the sums `[groups]` of losses `[batch, anchors]`, normalised as configured."""

        def per_group(values: Any) -> Any:
            return ops.sum(ops.reshape(values, (groups, -1)), axis=1)

        localization, classification = per_group(localization), per_group(classification)
        if self.normalize_by_matches:
            matches = ops.maximum(per_group(targets.box_weights), 1.0)
            localization, classification = localization / matches, classification / matches
        if self.normalize_by_code_size:
            localization = localization / targets.codes.shape[2]
        return localization, classification


def _check(
    message: pb.LocalizationLoss | pb.ClassificationLoss,
    kinds: type[LocalizationKind] | type[ClassificationKind],
    field: str,
) -> None:
    """Raise ConfigError if a config has no loss of the given kinds."""
    chosen, known = message.WhichOneof(field), [kind.value for kind in kinds]
    if chosen not in known:
        raise ConfigError(
            f"model.ssd.loss.{field}: {chosen or 'nothing'} is set; use one of {', '.join(known)}"
        )
