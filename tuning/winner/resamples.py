"""Bootstrap resamples of images and seeds, drawn once for all candidates (Efron and Tibshirani 1993)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.seeds import generator
from sweepbox.detection.evaluation.image_matches import ImageMatches

DEFAULT_RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class Resamples:
    """Resamples of the images of one part of a data set.

    Attributes:
        weights: int64 `[resamples, images]`, how often each image was drawn.
        image_names: The images.
        seed: The seed of all draws.
    """

    weights: NDArray[np.int64]
    image_names: tuple[str, ...]
    seed: int

    @classmethod
    def draw(cls, matches: ImageMatches, *, count: int = DEFAULT_RESAMPLES, seed: int = 0) -> "Resamples":
        """Draw images with replacement, each stratum of `strata` by itself.

        The draws depend on the seed, the names of the images and their classes only.

        Args:
            matches: The matches of any candidate; its images and their objects are used.
            count: The number of resamples.
            seed: The seed of all draws.

        Raises:
            UsageError: There is no image, or `count` is below 2.
        """
        if not matches.num_images:
            raise UsageError("there is no image to resample; evaluate a part of the data that has images")
        if count < 2:
            raise UsageError(
                f"the number of resamples is {count}; give at least 2, such as {DEFAULT_RESAMPLES}"
            )
        random = generator(seed, "resampled images", "\n".join(matches.image_names))
        weights = np.zeros((count, matches.num_images), np.int64)
        stratum = strata(matches.has_class)
        for number in np.unique(stratum):
            members = np.flatnonzero(stratum == number)
            weights[:, members] = random.multinomial(
                len(members), np.full(len(members), 1 / len(members)), count
            )
        return cls(weights, matches.image_names, seed)

    def __len__(self) -> int:
        """Return the number of resamples."""
        return len(self.weights)

    def seed_shares(self, seeds: Sequence[int]) -> NDArray[np.float64]:
        """Return the share of each training seed in each resample, `[resamples, seeds]`; a row's sum is 1.

        Of S seeds S - 1 are drawn with replacement: with S draws the variance of a mean of few seeds would come
        out too small by (S - 1) / S (McCarthy and Snowden 1985). Equal seeds have equal draws, so candidates
        trained with the same seeds are compared seed by seed.
        """
        count = len(seeds)
        if count == 1:
            return np.ones((len(self), 1))
        random = generator(self.seed, "resampled seeds", *map(str, seeds))
        return random.multinomial(count - 1, np.full(count, 1 / count), len(self)) / (count - 1)


def strata(has_class: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the stratum of each image, int64 `[images]`: the rarest class that it has an object of.

    Rare is what few images have; of equally rare classes the first counts. Images without objects are a stratum
    of their own. An image that would be alone in its stratum is put into the largest.

    Args:
        has_class: bool `[classes, images]`, whether an image has an object of a class.
    """
    num_classes = len(has_class)
    frequency = has_class.sum(axis=1)
    by_rarity = np.argsort(frequency, kind="stable")
    position = np.argmax(has_class[by_rarity], axis=0)
    stratum = np.where(has_class.any(axis=0), by_rarity[position], num_classes).astype(np.int64)
    sizes = np.bincount(stratum, minlength=num_classes + 1)
    return np.where(sizes[stratum] == 1, np.argmax(sizes), stratum)
