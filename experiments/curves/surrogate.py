"""A surrogate of recorded learning curves: predicts the scores of all evaluations from a trial's parameters.

The curves' principal components are each a Gaussian process of the parameters, whose length scales and noise
maximise the marginal likelihood (Rasmussen and Williams 2006, section 5.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.stats import spearmanr

from experiments.curves.recorded import RecordedCurves
from sweepbox.tuning.search.space import Parameter, Space

Array = NDArray[np.float64]

COMPONENTS = 3
PARTS = 8
LENGTH_SCALE, LENGTH_SPREAD = 1.0, 1.0
"""The prior of length scales: its median, in ranges of the parameters, and the deviation of its logarithm."""
NOISE, NOISE_SPREAD = 0.3, 1.0
"""The same of the noise, in standard deviations of a component."""


def features_of(space: Space, parameters: Mapping[str, Any]) -> Array:
    """Return parameters as numbers from 0 to 1; one that a trial has not counts as the middle of its range."""
    return np.array([_feature(item, parameters.get(item.name)) for item in space.parameters()])


def _feature(parameter: Parameter, value: Any) -> float:
    entry = parameter.distribution
    if value is None:
        return 0.5
    if entry.choice is not None:
        return [*entry.choice].index(value) / (len(entry.choice) - 1)
    for low, high in (found for found in (entry.uniform, entry.integer) if found is not None):
        return (value - low) / (high - low)
    [(low, high)] = [found for found in (entry.log_uniform, entry.log_integer) if found is not None]
    return float(np.log(value / low) / np.log(high / low))


@dataclass(frozen=True)
class _Process:
    """A Gaussian process with its data."""

    inputs: Array
    scales: Array
    factor: Any
    weights: Array

    @classmethod
    def fit(cls, inputs: Array, outputs: Array) -> "_Process":
        """Fit length scales and noise; `inputs` is `[n, features]`, `outputs` is `[n]` with variance 1."""
        features = inputs.shape[1]
        start = np.log([*[LENGTH_SCALE] * features, NOISE])
        spread = np.array([*[LENGTH_SPREAD] * features, NOISE_SPREAD])

        def loss(logs: Array) -> float:
            kernel = _kernel(inputs, inputs, np.exp(logs[:-1])) + np.exp(2 * logs[-1]) * np.eye(len(inputs))
            factor = cho_factor(kernel, lower=True)
            fit = outputs @ cho_solve(factor, outputs) / 2 + np.log(np.diag(factor[0])).sum()
            return float(fit + (((logs - start) / spread) ** 2).sum() / 2)

        bounds = [(np.log(0.05), np.log(50.0))] * features + [(np.log(0.02), np.log(2.0))]
        found = minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
        scales = np.exp(found[:-1])
        kernel = _kernel(inputs, inputs, scales) + np.exp(2 * found[-1]) * np.eye(len(inputs))
        factor = cho_factor(kernel, lower=True)
        return cls(inputs, scales, factor, cho_solve(factor, outputs))

    def mean(self, inputs: Array) -> Array:
        """Return the mean at `[n, features]`."""
        return np.asarray(_kernel(inputs, self.inputs, self.scales) @ self.weights)


def _kernel(first: Array, second: Array, scales: Array) -> Array:
    distance = ((first[:, None, :] - second[None, :, :]) / scales) ** 2
    return np.asarray(np.exp(-0.5 * distance.sum(axis=2)))


@dataclass(frozen=True)
class Surrogate:
    """Predicts curves: their mean plus principal components with predicted weights."""

    mean: Array
    components: Array
    sizes: Array
    processes: tuple[_Process, ...]

    @classmethod
    def fit(cls, features: Array, scores: Array) -> "Surrogate":
        """Fit to `features` `[n, features]` and `scores` `[n, evaluations]`."""
        mean = scores.mean(axis=0)
        _, _, components = np.linalg.svd(scores - mean, full_matrices=False)
        components = components[:COMPONENTS]
        weights = (scores - mean) @ components.T
        sizes = np.maximum(weights.std(axis=0), 1e-9)
        processes = tuple(
            _Process.fit(features, column / size) for column, size in zip(weights.T, sizes, strict=True)
        )
        return cls(mean, components, sizes, processes)

    def predict(self, features: Array) -> Array:
        """Return the scores `[n, evaluations]` at `features` `[n, features]`."""
        weights = np.stack([process.mean(features) for process in self.processes], axis=1) * self.sizes
        return np.asarray(self.mean + weights @ self.components)


@dataclass(frozen=True)
class HeldOut:
    """How well curves are predicted that the surrogate was not fitted to.

    Attributes:
        error: The mean absolute error of the best score of a curve.
        spread: The same of a prediction by the mean of all curves.
        rank: Spearman's correlation of predicted and recorded best scores.
    """

    error: float
    spread: float
    rank: float


def held_out(space: Space, recorded: RecordedCurves) -> HeldOut:
    """Return the errors on held-out curves, an eighth at a time."""
    features = np.stack([features_of(space, parameters) for parameters in recorded.parameters])
    predicted = np.zeros_like(recorded.scores)
    for part in range(PARTS):
        left = np.arange(len(recorded)) % PARTS != part
        predicted[~left] = Surrogate.fit(features[left], recorded.scores[left]).predict(features[~left])
    best, found = recorded.scores.max(axis=1), predicted.max(axis=1)
    return HeldOut(
        error=float(np.abs(best - found).mean()),
        spread=float(np.abs(best - best.mean()).mean()),
        rank=float(spearmanr(best, found).statistic),
    )
