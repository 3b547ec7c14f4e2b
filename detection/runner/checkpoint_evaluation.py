"""The evaluation of a checkpoint's weights, image by image."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sweepbox.detection.evaluation.image_matches import ImageMatches


@dataclass(frozen=True, eq=False)
class CheckpointEvaluation:
    """The metrics of all images, and the matches of each of them."""

    metrics: Mapping[str, float]
    matches: ImageMatches


def unique_names(names: Sequence[str]) -> list[str]:
    """Return names of images with the position (from 0) added to those that occur several times."""
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name} #{position}" for position, name in enumerate(names)]
