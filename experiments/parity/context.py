"""The context of every check: the oracle, generated records, and the compared models."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from experiments.parity.environment import ORACLE_SCRIPTS
from experiments.parity.work import Argument, OracleRun, OracleRuns

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
FULL_SIZE_CONFIG = ROOT / "experiments" / "configs" / "face_mask_resnet50_640.config"
SMALL_MODELS = ("resnet50_small", "mobilenet_v2_fpnlite_small")
FULL_MODEL = "resnet50_full"
MODELS = (*SMALL_MODELS, FULL_MODEL)
SHARED_VARIABLE = "SWEEPBOX_SHARED"
SEEDS = {"resnet50_small": "11", "mobilenet_v2_fpnlite_small": "12", FULL_MODEL: "13"}


@dataclass
class Context:
    """Folders and oracle of a run; `notes` collects remarks for the report."""

    folder: Path
    runs: OracleRuns
    notes: list[str] = field(default_factory=list)

    def submit(self, script: str, *arguments: Argument, out: str = "out.npz") -> None:
        """Queue a run of one of the oracle's scripts, which then runs in the background."""
        self.runs.submit(oracle_run(script, arguments, out))

    def oracle(self, script: str, *arguments: Argument, out: str = "out.npz") -> Path:
        """Run one of the oracle's scripts with `--out FOLDER/out` and return FOLDER; results are cached.

        The cache key includes the content of every file, folder or checkpoint given as a Path.
        Raises OracleFailedError with the end of the script's log.
        """
        return self.runs.result(oracle_run(script, arguments, out))

    def scratch(self, name: str) -> Path:
        """Return an empty folder for files that Sweepbox writes."""
        path = self.folder / "ours" / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def golden_model(self, name: str) -> Path:
        """Return a folder with `pipeline.config`, `ckpt-0` and `golden.npz` of a seeded model of MODELS."""
        return self.runs.result(self.golden_run(name))

    @cached_property
    def records(self) -> Path:
        """A TFRecord of 14 synthetic images with annotated faces."""
        return self.record_folder / "validation-00000-of-00001.tfrecord"

    @property
    def label_map(self) -> Path:
        """The label map of the records: three classes."""
        return self.record_folder / "label_map.pbtxt"

    @cached_property
    def record_folder(self) -> Path:
        """The folder written by `sweepbox sample` and `sweepbox prepare`."""
        pictures, records = self.folder / "data" / "pictures", self.folder / "data" / "records"
        if not records.is_dir():
            shutil.rmtree(pictures, ignore_errors=True)
            sweepbox("sample", str(pictures))
            sweepbox("prepare", str(pictures), str(records))
        return records

    @property
    def pictures(self) -> Path:
        """The folder of the synthetic images."""
        return self.record_folder.parent / "pictures" / "images"

    @cached_property
    def shared(self) -> Path | None:
        """The folder of photographs and published configs ($SWEEPBOX_SHARED or ../shared), None if missing."""
        path = Path(os.environ.get(SHARED_VARIABLE, ROOT.parent / "shared"))
        return path if path.is_dir() else None

    def golden_run(self, name: str) -> OracleRun:
        """Return the run that creates a golden model; its `.output(…)` can be the argument of another run."""
        full = name == FULL_MODEL
        config = FULL_SIZE_CONFIG if full else GOLDEN / f"model_{name}" / "pipeline.config"
        arguments = ("--config", config, "--records", self.records, "--seed", SEEDS[name])
        return oracle_run("model_golden.py", arguments, "")


def oracle_run(script: str, arguments: tuple[Argument, ...], out: str) -> OracleRun:
    """Return a run of one of the oracle's scripts; see `Context.oracle`."""
    return OracleRun(ORACLE_SCRIPTS / script, arguments, out)


def sweepbox(*words: str) -> None:
    """Run a `sweepbox` command."""
    command = [str(Path(sys.executable).parent / "sweepbox"), *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
