"""All kinds of faults by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.faults.kinds import files, others, processes, storage
from experiments.faults.kinds.fault import Inject


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        title: What it is, in the table of the documentation.
        inject: Injects it into a running sweep; None where a file is damaged between two runs.
        weight: How often it is drawn among the others; most that end the driver are dear, and rarer.
        module: The module that the driver's process has to run for it.
    """

    title: str
    inject: Inject | None = None
    weight: int = 1
    module: str | None = None


KINDS: Mapping[str, Kind] = {
    "kill-trial": Kind("a trial's process is killed", processes.kill_trial, weight=4),
    "kill-driver": Kind("the driver is killed", processes.kill_driver, weight=1),
    "kill-raylet": Kind("the raylet is killed", processes.Kill("raylet"), weight=1),
    "kill-gcs": Kind("the GCS is killed", processes.Kill("gcs_server"), weight=1),
    "kill-all": Kind("all processes are killed (a power cut)", processes.kill_everything, weight=1),
    "pause-trial": Kind("a trial's process stops for seconds", processes.pause_trial, weight=3),
    "hang-trial": Kind("a trial's process stops for good", processes.hang_trial),
    "pause-driver": Kind("the driver's process stops for seconds", processes.pause_driver, weight=3),
    "disk-full": Kind("the disk is full", storage.fill_disk, weight=1),
    "read-only": Kind("the folder becomes read-only", storage.make_read_only, weight=1),
    "storage-away": Kind("the storage is gone until the driver has ended", storage.take_away, weight=1),
    "storage-gap": Kind("the storage is gone for seconds", storage.take_away_for_a_while, weight=1),
    "clock-step": Kind("the clock steps", others.step_clock, weight=4),
    "second-driver": Kind("a second driver is started", others.second_driver, weight=1),
    "report-twice": Kind(
        "a report comes twice", others.report_twice, weight=5, module="experiments.faults.repeating"
    ),
    "file-torn": Kind("a file is torn between two runs", weight=2),
    "file-zeros": Kind("the end of a file is zeros between two runs", weight=2),
    "file-flipped": Kind("a bit of a file flips between two runs", weight=2),
    "file-in-run": Kind("a file of a trial is damaged during a run", files.damage_during_run, weight=1),
}
