"""The folder of one training run.

* `pipeline.config`, `label_map.pbtxt`, `run.json`: the settings
* `best/`: the checkpoint folder with the best metric
* `last/`: the full state at the last evaluation or interruption
* `metrics.jsonl`, `tensorboard/`: the log
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras

from sweepbox.detection.checkpoint.files import CONFIG_FILE, METRICS_FILE
from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.change import Change
from sweepbox.detection.config.difference import config_difference
from sweepbox.detection.config.label_map import LABEL_MAP_FILE, save_label_map
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.config.reading import keeps_own_pyramid
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.runner.length import LengthReport, length_report, other_changes
from sweepbox.detection.runner.run_metadata import (
    RunMetadata,
    check_run_metadata,
    read_run_metadata,
    write_run_metadata,
)
from sweepbox.detection.runner.settings import RunSettings


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run."""

    directory: Path

    @property
    def best(self) -> Path:
        """The checkpoint folder with the best metric."""
        return self.directory / "best"

    @property
    def last(self) -> Path:
        """The checkpoint folder with the full state."""
        return self.directory / "last"

    @property
    def has_state(self) -> bool:
        """Whether there is a state to resume from."""
        return (self.last / METRICS_FILE).is_file()

    @property
    def keeps_own_pyramid(self) -> bool:
        """Whether the run began when the fields of a ResNet's pyramid always counted, and differs by them."""
        path = self.directory / CONFIG_FILE
        return path.is_file() and keeps_own_pyramid(load_config(path))

    def check_new(self) -> None:
        """Raise UsageError if the folder is not empty."""
        if self.directory.exists() and (not self.directory.is_dir() or any(self.directory.iterdir())):
            raise UsageError(
                f"{self.directory}: is not empty; resume the run there (--resume) or name another folder"
            )

    def check_same_run(self, settings: RunSettings) -> LengthReport | None:
        """Check that the settings are those of the run in the folder, except for its length.

        Returns:
            The change of length; None if the length is the same.

        Raises:
            UsageError: The folder has no run, or a run with another config or other metadata, or the new length
                is below the trained steps.
        """
        if not (self.directory / CONFIG_FILE).is_file():
            raise UsageError(f"{self.directory}: has no run to resume; start one without --resume")
        before = load_config(self.directory / CONFIG_FILE)
        changes = config_difference(before, settings.config)
        if others := other_changes(before, changes):
            raise UsageError(f"{self.directory}: {_other_config(others)}")
        saved = self.metadata
        if saved is not None:
            check_run_metadata(self.directory, saved, _metadata_of(settings))
        return self._length_report(before, settings) if changes else None

    def _length_report(self, before: pb.TrainEvalPipelineConfig, settings: RunSettings) -> LengthReport:
        step = read_checkpoint_metadata(self.last).step if self.has_state else 0
        if settings.total_steps < step:
            raise UsageError(
                f"{self.directory}: num_steps = {settings.total_steps} is below the {step} steps that the run "
                f"is trained for; give at least {step}"
            )
        return length_report(before, settings.config, step=step)

    @property
    def metadata(self) -> RunMetadata | None:
        """The run's metadata; without `run.json`, taken from the state, or None if there is no state either."""
        metadata = read_run_metadata(self.directory)
        if metadata is not None or not self.has_state:
            return metadata
        state = read_checkpoint_metadata(self.last)
        return RunMetadata(state.seed, state.precision, keras.config.backend())

    def write_settings(self, settings: RunSettings) -> None:
        """Write the settings."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_run_metadata(_metadata_of(settings), self.directory)
        save_config(settings.config, self.directory / CONFIG_FILE)
        save_label_map(settings.label_map, self.directory / LABEL_MAP_FILE)


def _other_config(changes: Sequence[Change]) -> str:
    """Return why a run is not resumed with a changed config, and what to do instead."""
    change = changes[0]
    return (
        f"the run there has another config ({len(changes)} differences, the first {change.path}: "
        f"{change.before} there, {change.after} now); only num_steps may change: resume with the same config "
        "or name another folder"
    )


def _metadata_of(settings: RunSettings) -> RunMetadata:
    return RunMetadata(settings.seed, settings.precision.value, keras.config.backend())
