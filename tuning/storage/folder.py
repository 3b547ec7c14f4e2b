"""The layout of a sweep's folder, which is readable without Sweepbox."""

import re
import shlex
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_text
from sweepbox.detection.core.limits import TRIALS
from sweepbox.detection.core.regular_files import read_end
from sweepbox.tuning.storage.lock import hold, is_held
from sweepbox.tuning.storage.remote.place import address_of, is_told_running, place_of

TRIAL_ID = re.compile("[0-9]{4}|[1-9][0-9]{4,}", re.ASCII)
"""The ids of trials: their numbers with four digits or more."""
LONGEST_REASON = 1000
"""How many bytes of a request to stop are read."""


@dataclass(frozen=True)
class TrialFolder:
    """`trials/<id>/`: the files of one trial."""

    path: Path

    @property
    def id(self) -> str:
        """The trial's id: its number in the study, with leading zeros."""
        return self.path.name

    @property
    def config(self) -> Path:
        """The trial's full config."""
        return self.path / "pipeline.config"

    def segment_config(self, number: int) -> Path:
        """Return the full config of a segment, counted from 0, of a training that changes its config.

        That of the last segment is `config`.
        """
        return self.path / f"segment-{number}.config"

    @property
    def changes(self) -> Path:
        """What the config changes of the base, as JSON."""
        return self.path / "changes.json"

    @property
    def metrics(self) -> Path:
        """The evaluations, one JSON line each."""
        return self.path / "metrics.jsonl"

    @property
    def status(self) -> Path:
        """The status of the trial, as JSON."""
        return self.path / "state.json"

    @property
    def provenance(self) -> Path:
        """Packages, device and data of the trial, as JSON."""
        return self.path / "provenance.json"

    @property
    def tensorboard(self) -> Path:
        """The event files for TensorBoard."""
        return self.path / "tensorboard"

    @property
    def traceback(self) -> Path:
        """The traceback of a failed trial."""
        return self.path / "error.txt"

    @property
    def best(self) -> Path:
        """The checkpoint folder of the trial's best evaluation, while it is among the sweep's best."""
        return self.path / "best"

    def run_of(self, logger: str) -> Path:
        """Return the file that names the trial's run at a logger that keeps runs elsewhere."""
        return self.path / f"{logger}-run.txt"

    def matches(self, part: str) -> Path:
        """Return the file of the detections of its best weights on a part of the data, with their matches."""
        return self.path / f"matches-{part}.arrow"

    @property
    def stop_request(self) -> Path:
        """While this file exists, the trial ends early as soon as it runs."""
        return self.path / "stop"

    @property
    def last(self) -> Path:
        """The full state to resume from, while the trial has not ended."""
        return self.path / "last"


@dataclass(frozen=True)
class SweepFolder:
    """A sweep's folder, `path`."""

    path: Path

    @property
    def spec(self) -> Path:
        """The sweep file with everything resolved; its paths are relative to this folder."""
        return self.path / "sweep.yaml"

    @property
    def metadata(self) -> Path:
        """The format of the folder and where it comes from, as JSON."""
        return self.path / "sweep.json"

    @property
    def base_config(self) -> Path:
        """The config that all trials start from."""
        return self.path / "base.config"

    @property
    def label_map(self) -> Path:
        """The classes."""
        return self.path / "label_map.pbtxt"

    @property
    def data(self) -> Path:
        """The prepared records, where the sweep prepared them itself."""
        return self.path / "data"

    @property
    def study(self) -> Path:
        """The Optuna study: a SQLite file."""
        return self.path / "study.sqlite3"

    @property
    def ray(self) -> Path:
        """Ray's own files, which earlier versions kept here."""
        return self.path / "ray"

    @property
    def start(self) -> Path:
        """The trials with which the sweep starts, and what is known from earlier sweeps, as JSON."""
        return self.path / "start.json"

    @property
    def pruned(self) -> Path:
        """The choices that cannot match the data and were left out, as JSON; absent where there are none."""
        return self.path / "pruned.json"

    @property
    def trials(self) -> Path:
        """The folder of the trials' folders."""
        return self.path / "trials"

    @property
    def results(self) -> Path:
        """The table of all evaluations."""
        return self.path / "results.parquet"

    @property
    def winner(self) -> Path:
        """The winner, as JSON."""
        return self.path / "winner.json"

    def division(self, folds: int, seed: int) -> Path:
        """Return the file with the fold of every image, as JSON."""
        return self.path / "folds" / f"{folds}-folds-seed-{seed}.json"

    @property
    def detector(self) -> Path:
        """What the winner's detections on the validation part show, as JSON."""
        return self.path / "detector.json"

    @property
    def thumbnails(self) -> Path:
        """The folder of small pictures of validation images that `detector.json` names."""
        return self.path / "thumbnails"

    @property
    def predictions(self) -> Path:
        """The folder of raw predictions of checkpoints, which are kept to tune their suppression again."""
        return self.path / "predictions"

    @property
    def report(self) -> Path:
        """The report for people."""
        return self.path / "report.md"

    @property
    def page(self) -> Path:
        """The report as a web page."""
        return self.path / "report.html"

    @property
    def mlflow(self) -> Path:
        """The folder of MLflow's database and artifacts, where no tracking server is given."""
        return self.path / "mlflow"

    @property
    def log(self) -> Path:
        """The log of the sweep."""
        return self.path / "log.txt"

    @property
    def precision(self) -> Path:
        """The precision that `precision: auto` chose, as JSON; the first trial measures it for all."""
        return self.path / "precision.json"

    @property
    def memory(self) -> Path:
        """What the programs take of memory, as JSON; absent where it was not measured."""
        return self.path / "memory.json"

    @property
    def latency(self) -> Path:
        """The folder of the measured latencies, a JSON file each."""
        return self.path / "latency"

    @property
    def stop_request(self) -> Path:
        """While this file exists, trials save their state and end."""
        return self.path / "stop"

    @property
    def requests(self) -> Path:
        """The folder of requests that the sweep has not taken yet."""
        return self.path / "requests"

    @property
    def lock(self) -> Path:
        """Held by the process that runs the sweep."""
        return self.path / "sweep.lock"

    @property
    def exists(self) -> bool:
        """Whether a sweep was created here."""
        return self.spec.is_file()

    def trial(self, trial_id: str) -> TrialFolder:
        """Return one trial's folder, whether or not it is there; SweepError where its id is not one name."""
        if Path(trial_id).name != trial_id or trial_id in ("", "..") or "\0" in trial_id:
            raise SweepError(f"{self.path}: {trial_id[:40]!r} is no trial; ids of trials are numbers, as 0007")
        return TrialFolder(self.trials / trial_id)

    def trial_folders(self) -> list[TrialFolder]:
        """Return the folders of all trials, in the order of their ids; other files there are left aside.

        SweepError where there are more than `TRIALS`.
        """
        if not self.trials.is_dir():
            return []
        paths = [path for path in self.trials.iterdir() if TRIAL_ID.fullmatch(path.name) and path.is_dir()]
        if len(paths) > TRIALS.value:
            raise SweepError(f"{self.trials}: {TRIALS.excess(len(paths))}")
        return [TrialFolder(path) for path in sorted(paths, key=lambda path: int(path.name))]

    @property
    def address(self) -> str:
        """What names the sweep on a command line: its folder, or the URI that the folder mirrors."""
        return address_of(self.path)

    @property
    def resume_command(self) -> str:
        """The command that resumes the sweep, quoted for a shell."""
        place = place_of(self.path)
        spec = str(self.spec if place is None else place.location.join(self.spec.name))
        return shlex.join(["sweepbox", "sweep", spec, "--out", self.address, "--resume"])

    def stop_reason(self) -> str | None:
        """Return why the trials are asked to end; None where they are not."""
        try:
            return read_end(self.stop_request, LONGEST_REASON).strip() or "stop file"
        except FileNotFoundError:
            return None

    def request_stop(self, reason: str) -> None:
        """Ask all trials, on whatever machine, to save their state and end."""
        write_text(self.stop_request, reason + "\n", makes_folder=False)

    def is_running(self) -> bool:
        """Return whether a process runs the sweep now: on this machine, or on any where a URI is mirrored."""
        return is_held(self.lock) or is_told_running(self.path)

    def held(self) -> AbstractContextManager[None]:
        """Hold the sweep until the block or the process ends; SweepError where another process runs it."""
        return hold(self.lock)
