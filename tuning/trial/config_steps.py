"""The configs of a trial that changes its config in training."""

from dataclasses import dataclass
from typing import Self

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.difference import fingerprint
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.storage.trial_record import TrialStatus


@dataclass(frozen=True)
class ConfigSteps:
    """The configs of a trial, each with the step from which it trains under it; most trials have one.

    Attributes:
        steps: These steps: 0 and higher ones.
        configs: The configs.
    """

    steps: tuple[int, ...]
    configs: tuple[pb.TrainEvalPipelineConfig, ...]

    @classmethod
    def read(cls, trial: TrialFolder, status: TrialStatus) -> Self:
        """Return the configs in a trial's folder.

        Raises:
            OSError: A file is missing.
            ConfigError: A file is damaged.
            SweepError: The steps in the trial's record do not begin at 0, or do not rise; or the config is not
                that of the record.
        """
        steps = tuple(segment.step for segment in status.segments) or (0,)
        if steps[0] != 0 or sorted(set(steps)) != list(steps):
            raise SweepError(
                f"{trial.status}: damaged (segments at the steps {', '.join(map(str, steps))}); restore the "
                f"file, or delete {trial.path} to drop the trial"
            )
        earlier = (load_config(trial.segment_config(number)) for number in range(len(steps) - 1))
        config = load_config(trial.config)
        if fingerprint(config) != status.fingerprint:
            raise SweepError(
                f"{trial.config}: damaged (it is another config than that of the trial's record); restore the "
                f"file, or delete {trial.path} to drop the trial"
            )
        return cls(steps, (*earlier, config))

    @property
    def first(self) -> pb.TrainEvalPipelineConfig:
        """The config of the first step, which names the initial weights."""
        return self.configs[0]

    @property
    def last(self) -> pb.TrainEvalPipelineConfig:
        """The trial's own config."""
        return self.configs[-1]

    def index_at(self, step: int, *, target: int) -> int:
        """Return the number of the config to go on with after `step` finished steps, towards an evaluation.

        Args:
            step: The finished steps, at most `target`.
            target: The step of the evaluation, which is still that of the config before where another begins
                right there.
        """
        trained_next = min(step, target - 1)
        return max(number for number, begin in enumerate(self.steps) if begin <= trained_next)

    def end_of(self, index: int, *, target: int) -> int:
        """Return the step to which a config trains on the way to an evaluation at `target`."""
        return min([*self.steps[index + 1 : index + 2], target])
