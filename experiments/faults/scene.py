"""A sweep under faults: its folder, and the processes that run it one after the other."""

import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from experiments.faults.clock import Clock
from experiments.faults.workload import ROOT, copy_home, environment, evaluations

MARK = "FAULTS_SCENE"
"""The environment variable that all processes of a scene inherit."""
HANG, LONGEST_COMPILATION = "90s", "400s"
LONGEST_S = 900.0
"""How long a sweep may take, on a busy machine, to reach what is waited for."""
GONE_WITHIN_S = 120.0
"""How long processes may outlive a driver that was killed."""


class BrokenPromiseError(Exception):
    """Something that is promised did not hold."""


@dataclass
class Session:
    """One process of the driver.

    Attributes:
        process: The process.
        terminal: What it printed.
        lost: How often each trial may have lost its process since.
    """

    process: "subprocess.Popen[bytes]"
    terminal: Path
    lost: dict[str, int] = field(default_factory=dict)

    def output(self) -> str:
        """Return what it printed."""
        return self.terminal.read_text(errors="replace")


class Scene:
    """A sweep in a folder of its own, on a file system of its own where `disk` is one."""

    def __init__(
        self, work: Path, reference: Path, *, disk: Path | None = None, module: str | None = None
    ) -> None:
        """Copy the reference's data; nothing is started.

        Args:
            work: Where compiled programs are kept and the folder is made.
            reference: The folder of an undisturbed sweep.
            disk: The folder in which the sweep's folder is to lie.
            module: The module that the driver's process runs, by default that of `sweepbox sweep`.
        """
        self.mark = secrets.token_hex(8)
        self.reference = reference
        self.home = work / f"scene-{self.mark}"
        copy_home(reference, self.home)
        self.run = (disk or self.home) / "run"
        self.temporary = Path(tempfile.mkdtemp(prefix="sbf-", dir="/tmp"))  # short, for sockets
        self.clock = Clock.in_folder(self.home, work)
        self.sessions: list[Session] = []
        self.suspects: set[str] = set()
        self.dropped: set[str] = set()
        self._module = module or "sweepbox.scripts.sweep"
        variables = {"HOME": str(self.home), "RAY_TMPDIR": str(self.temporary), "TMPDIR": str(self.temporary)}
        self._environment = {**environment(work), **variables, **self.clock.variables, MARK: self.mark}

    @property
    def now(self) -> Session:
        """The driver that was started last."""
        return self.sessions[-1]

    @property
    def is_running(self) -> bool:
        """Whether its process runs."""
        return bool(self.sessions) and self.now.process.poll() is None

    def command(self, *options: str) -> list[str]:
        """Return the command that starts or resumes the sweep."""
        is_there = (self.run / "sweep.yaml").is_file()
        source = self.run / "sweep.yaml" if is_there else self.home / "sweep.yaml"
        resume = ["--resume"] if is_there else []
        return [sys.executable, "-m", self._module, str(source), "--out", str(self.run), *resume, *options]

    def start(self, *options: str) -> Session:
        """Start the sweep, or resume it where it is there."""
        terminal = self.home / f"terminal-{len(self.sessions)}.txt"
        self.sessions.append(Session(self.popen(self.command(*options), terminal), terminal))
        return self.now

    def popen(self, command: list[str], terminal: Path) -> "subprocess.Popen[bytes]":
        """Start a process of the scene, whose output goes to a file."""
        with terminal.open("wb") as file:
            return subprocess.Popen(
                command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, env=self._environment
            )

    def count(self) -> int:
        """Return how many evaluations all trials have written."""
        return sum(
            path.read_bytes().count(b"\n") for path in self.run.glob("trials/*/metrics.jsonl") if path.is_file()
        )

    def until(self, happened: Callable[[], bool]) -> bool:
        """Wait until something has happened or the driver has ended; return whether it happened."""
        deadline = time.monotonic() + LONGEST_S
        while not happened():
            if not self.is_running:
                return False
            if time.monotonic() > deadline:
                raise BrokenPromiseError(f"nothing happens for {LONGEST_S:.0f} s: {self.now.output()[-2000:]}")
            time.sleep(0.05)
        return True

    def wait(self) -> int:
        """Wait for the driver's end and return its exit status."""
        try:
            return self.now.process.wait(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            raise BrokenPromiseError(
                f"the driver does not end within {LONGEST_S:.0f} s: {self.now.output()[-2000:]}"
            ) from None

    def family(self) -> list[psutil.Process]:
        """Return the driver's process and all that it started."""
        with suppress(psutil.Error):
            root = psutil.Process(self.now.process.pid)
            return [root, *root.children(recursive=True)]
        return []

    def named(self, name: str) -> psutil.Process | None:
        """Return the process of the driver's family whose name or title begins so."""
        for process in self.family():
            with suppress(psutil.Error):
                if process.name().startswith(name) or " ".join(process.cmdline()).startswith(name):
                    return process
        return None

    def running_trials(self) -> list[str]:
        """Return the trials whose state is running."""
        found = []
        for path in sorted(self.run.glob("trials/*/state.json")):
            with suppress(OSError):
                if '"state": "running"' in path.read_text():
                    found.append(path.parent.name)
        return found

    def left_processes(self) -> list[psutil.Process]:
        """Return the processes of the scene that run."""
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for process in psutil.process_iter():
            with suppress(OSError, psutil.Error):
                is_ours = wanted in Path(f"/proc/{process.pid}/environ").read_bytes()
                if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def check_all_gone(self) -> None:
        """Raise BrokenPromiseError where a process outlives the driver."""
        deadline = time.monotonic() + GONE_WITHIN_S
        while left := self.left_processes():
            if time.monotonic() > deadline:
                names = [f"{process.pid} {' '.join(process.cmdline())[:120]}" for process in left]
                raise BrokenPromiseError(f"processes outlive the driver by {GONE_WITHIN_S:.0f} s: {names}")
            time.sleep(0.2)

    def drop_suspects(self) -> None:
        """Delete the folders of the trials that the driver refused, as its message says."""
        output = self.now.output()
        for trial in sorted(self.suspects):
            if f"/trials/{trial}" in output:
                shutil.rmtree(self.run / "trials" / trial, ignore_errors=True)
                self.dropped.add(trial)
        self.suspects.clear()

    def set_limits(self, *, concurrent: int) -> None:
        """Let so many trials run at a time, and have those killed that hang."""
        path = self.home / "sweep.yaml"
        text = path.read_text().replace("max_concurrent: 2", f"max_concurrent: {concurrent}")
        path.write_text(f"{text}hang_timeout: {HANG}\ncompile_timeout: {LONGEST_COMPILATION}\n")

    def keep(self, folder: Path, reason: str) -> None:
        """Copy the sweep and the drivers' terminals, to be looked at."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.home, folder / "home", symlinks=True)
        if self.run.is_dir() and self.run.parent != self.home:
            shutil.copytree(self.run, folder / "run", symlinks=True)
        (folder / "reason.txt").write_text(reason)

    def remove(self) -> None:
        """Kill all processes of the scene and remove its folders."""
        for process in self.left_processes():
            with suppress(psutil.Error):
                process.kill()
        shutil.rmtree(self.temporary, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def suspect(self, trial: str) -> None:
        """Note that a file of a trial was damaged while it may have been in use."""
        self.suspects.add(trial)

    def written(self, trial: str) -> list[dict[str, object]]:
        """Return the evaluations in a trial's folder."""
        return evaluations(self.run, trial)


def kill(processes: list[psutil.Process]) -> None:
    """Kill processes, and wait until none runs; the driver's exit status is left to be read."""
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    deadline = time.monotonic() + GONE_WITHIN_S
    while any(is_alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process is there and has not ended."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
