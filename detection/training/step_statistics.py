"""Mean losses and throughput of a series of training steps."""

import time
from collections.abc import Callable

from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.training.finite import REMEDY
from sweepbox.detection.training.step import LOSS_NAMES, LossSums

FETCH_INTERVAL_S = 1.0
"""Fetching losses waits for the device, so it is done about once per second."""


class StepStatistics:
    """Sums losses and measures throughput, from its creation.

    Args:
        take_losses: Fetches the losses since its last call from the device, and waits for them.
    """

    def __init__(self, take_losses: Callable[[], LossSums]) -> None:
        self._take_losses = take_losses
        self._fetched_at = time.perf_counter()
        self._images_since_fetch = 0
        self._images = 0
        self._seconds = 0.0
        self._waited_s = 0.0
        self._steps = 0
        self._sums = dict.fromkeys(LOSS_NAMES, 0.0)

    def count(self, images: int, *, waited_s: float, compiled_from: float | None) -> None:
        """Count a step.

        Args:
            images: The number of images in its batch.
            waited_s: The seconds that it waited for the batch.
            compiled_from: If the step compiled a program, when it started, by `time.perf_counter`; its time and
                images are not included in the throughput.
        """
        if compiled_from is None:
            self._images_since_fetch += images
            self._waited_s += waited_s
        else:
            self._fetched_at += time.perf_counter() - compiled_from

    @property
    def is_due(self) -> bool:
        """Whether the last fetch was at least `FETCH_INTERVAL_S` ago."""
        return time.perf_counter() - self._fetched_at >= FETCH_INTERVAL_S

    def fetch(self) -> tuple[dict[str, float], float]:
        """Return mean losses, and images per second, since the last fetch (0 if every step was compiled).

        Raises:
            TrainingError: A loss is not finite; the message names the first such step.
        """
        taken = self._take_losses()
        if taken.first_bad_step is not None:
            raise TrainingError(f"the loss is not finite at step {taken.first_bad_step}; {REMEDY}")
        now = time.perf_counter()
        seconds, images = now - self._fetched_at, self._images_since_fetch
        self._fetched_at, self._images_since_fetch = now, 0
        self._seconds += seconds
        self._images += images
        self._steps += taken.steps
        for name, value in taken.sums.items():
            self._sums[name] += value
        return {name: value / taken.steps for name, value in taken.sums.items()}, _rate(images, seconds)

    @property
    def losses(self) -> dict[str, float]:
        """The mean losses over all steps whose losses were fetched; empty if there are none."""
        return {name: value / self._steps for name, value in self._sums.items()} if self._steps else {}

    @property
    def images_per_s(self) -> float:
        """The throughput over all steps that did not compile and whose losses were fetched."""
        return _rate(self._images, self._seconds)

    @property
    def input_wait_fraction(self) -> float:
        """The fraction of the time that was spent waiting for batches."""
        return min(1.0, self._waited_s / self._seconds) if self._images else 0.0


def _rate(images: int, seconds: float) -> float:
    return images / seconds if images and seconds > 0 else 0.0
