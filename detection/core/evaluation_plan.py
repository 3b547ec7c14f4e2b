"""The steps of a training after which the model is evaluated."""

from dataclasses import dataclass

EVALUATIONS_BY_DEFAULT = 10


@dataclass(frozen=True)
class EvaluationPlan:
    """The evaluations of a training; the last one follows the last step.

    Attributes:
        total_steps: The steps of the training, at least 1.
        every: The steps between two evaluations; None for ten evaluations at equal distances, give or take a
            step, or one after each step of a shorter training.

    Example:
        >>> plan = EvaluationPlan(total_steps=25)
        >>> plan.count, plan.next_step(0), plan.next_step(3)
        (10, 3, 5)
    """

    total_steps: int
    every: int | None = None

    @property
    def count(self) -> int:
        """The number of evaluations."""
        if self.every is not None:
            return -(-self.total_steps // self.every)
        return min(EVALUATIONS_BY_DEFAULT, self.total_steps)

    def step_of(self, number: int) -> int:
        """Return the step after which an evaluation, counted from 1, takes place."""
        if self.every is not None:
            return min(number * self.every, self.total_steps)
        return -(-number * self.total_steps // self.count)

    def number_at(self, step: int) -> int:
        """Return the number of the first evaluation at or after a step above 0."""
        if self.every is not None:
            return -(-step // self.every)
        return (step - 1) * self.count // self.total_steps + 1

    def next_step(self, step: int) -> int:
        """Return the step of the first evaluation after `step`, the last one's after it."""
        return self.step_of(min(self.number_at(step + 1), self.count))
