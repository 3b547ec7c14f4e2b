"""The folder of one training run.

* `pipeline.config`, `label_map.pbtxt`, `run.json`: what is trained, and how
* `best/`: the checkpoint folder with the best metric
* `last/`: the full state of the last evaluation or interruption
* `metrics.jsonl`, `tensorboard/`: the log
"""

from dataclasses import dataclass
from pathlib import Path

import keras

from sweepbox.detection.checkpoint.folder import CONFIG_FILE, METRICS_FILE, read_facts
from sweepbox.detection.config.difference import config_difference
from sweepbox.detection.config.label_map import LABEL_MAP_FILE, save_label_map
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.runner.run_facts import RunFacts, check_run_facts, read_run_facts, write_run_facts
from sweepbox.detection.runner.settings import RunSettings


@dataclass(frozen=True)
class RunFolder:
    """The paths in the folder of a run."""

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
        """Whether there is a state to go on from."""
        return (self.last / METRICS_FILE).is_file()

    def check_new(self) -> None:
        """Raise UsageError where the folder holds anything."""
        if self.directory.exists() and (not self.directory.is_dir() or any(self.directory.iterdir())):
            raise UsageError(
                f"{self.directory}: is not empty; go on with the run there (--resume) or name another folder"
            )

    def check_same_run(self, settings: RunSettings) -> None:
        """Raise UsageError where the folder holds no run, or one of another config or other facts."""
        if not (self.directory / CONFIG_FILE).is_file():
            raise UsageError(f"{self.directory}: holds no run to resume; start one without --resume")
        changes = config_difference(load_config(self.directory / CONFIG_FILE), settings.config)
        if changes:
            change = changes[0]
            raise UsageError(
                f"{self.directory}: the run there has another config ({len(changes)} differences, the first "
                f"{change.path}: {change.before} there, {change.after} now); resume with its own config or "
                "name another folder"
            )
        there = self.facts
        if there is not None:
            check_run_facts(self.directory, there, _facts_of(settings))

    @property
    def facts(self) -> RunFacts | None:
        """The run's facts; those of a run that began before they were kept are in its state, if it has one."""
        facts = read_run_facts(self.directory)
        if facts is not None or not self.has_state:
            return facts
        state = read_facts(self.last)
        return RunFacts(state.seed, state.precision, keras.config.backend())

    def write_settings(self, settings: RunSettings) -> None:
        """Write what is trained."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_run_facts(_facts_of(settings), self.directory)
        save_config(settings.config, self.directory / CONFIG_FILE)
        save_label_map(settings.label_map, self.directory / LABEL_MAP_FILE)


def _facts_of(settings: RunSettings) -> RunFacts:
    return RunFacts(settings.seed, settings.precision.value, keras.config.backend())
