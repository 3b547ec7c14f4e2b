"""The variance that trainings add to the figure of a cross-validation, from what leaving out whole folds shows.

A bootstrap of images keeps the detector of each fold as it is. Leaving out a fold leaves out its images and its
training, so the jackknife over folds (delete-a-group jackknife: Shao and Tu 1995, The Jackknife and Bootstrap,
section 2.3) estimates the variance of both, with few degrees of freedom. What exceeds the variance of the
images is that of the trainings.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FoldValues:
    """The values of a cross-validated candidate, or of a difference of two.

    Attributes:
        samples: `[seeds, resamples]`, the value with each seed in each resample of images; NaN where undefined.
        left_out: `[seeds, folds]`, the value with each seed on the images of all folds but one.
    """

    samples: NDArray[np.float64]
    left_out: NDArray[np.float64]

    def minus(self, other: "FoldValues") -> "FoldValues":
        """Return the difference of two candidates with the same seeds and folds."""
        return FoldValues(self.samples - other.samples, self.left_out - other.left_out)

    def variance(self, *, images: float) -> tuple[float, int]:
        """Return the variance that trainings add to the mean over seeds, and its degrees of freedom.

        It is 0 where the folds differ by no more than their images explain.

        Args:
            images: The effective number of images, at least 2.
        """
        seeds, folds = self.left_out.shape
        degrees = seeds * (folds - 1)
        if np.isnan(self.left_out).any():
            return 0.0, degrees
        of_both = (folds - 1) * self.left_out.var(axis=1)
        of_images = np.nanvar(self.samples, axis=1, ddof=1) * images / (images - 1)
        return max(float((of_both - of_images).mean()), 0.0) / seeds, degrees


def weights_without_each_fold(fold_of_image: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return weights `[folds, images]` that leave out the images of one fold at a time; folds count from 0."""
    folds = np.arange(fold_of_image.max(initial=-1) + 1)
    weights: NDArray[np.int64] = (fold_of_image != folds[:, None]).astype(np.int64)
    return weights
