"""Injects the faults of a plan into one sweep, which is resumed as often as needed, and checks its end."""

import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from experiments.faults.checks import check_end, check_refusal
from experiments.faults.disk import small_disk
from experiments.faults.kinds.fault import Effect, End
from experiments.faults.kinds.files import DAMAGES, DamagedFile, damage_file
from experiments.faults.kinds.table import KINDS
from experiments.faults.scene import BrokenPromiseError, Scene
from experiments.faults.winner import WinnerCheck
from experiments.faults.workload import EVERY, STEPS, TRIALS, reference

MOST_SESSIONS = 40
EVALUATIONS = (TRIALS - 1) * STEPS // EVERY
"""How many evaluations a sweep makes, over which its faults are spread."""
BUSY = "Ray does not start on this machine"
"""What the driver says where Ray's processes have not started in a minute; it is then started again."""
FILE = "file-"
"""What the names of the faults begin with that need no running sweep, but for `file-in-run`."""


@dataclass(frozen=True)
class Injected:
    """A fault that was injected: its kind, the evaluations that there were, and what was done."""

    kind: str
    session: int
    evaluations: int
    did: str


@dataclass
class Result:
    """What became of a sweep under faults; `reason` is empty where all that is promised held."""

    seed: str
    injected: list[Injected] = field(default_factory=list)
    sessions: int = 0
    seconds: float = 0.0
    reason: str = ""


def planned(generator: random.Random, count: int, only: Sequence[str]) -> list[str]:
    """Return the kinds of the faults of one sweep, in their order."""
    names = list(only or KINDS)
    return generator.choices(names, weights=[KINDS[name].weight for name in names], k=count)


def run_faults(
    seed: str,
    count: int,
    work: Path,
    *,
    only: Sequence[str] = (),
    winner: WinnerCheck | None = None,
    keep: bool = True,
) -> Result:
    """Run one sweep under faults.

    Args:
        seed: Decides which faults come, and when, but for what the machine's speed decides.
        count: How many faults are planned; the sweep may end before the last.
        work: Where references, compiled programs and the sweep's folder are.
        only: The kinds to draw from, by default all.
        winner: Evaluates the winner's checkpoint again.
        keep: Keep the folder of a sweep of which something that is promised did not hold.
    """
    generator = random.Random(seed)  # noqa: S311 - no secret
    plan = planned(generator, count, only)
    original = reference(work, generator.choice((1, 2)))
    module = next((KINDS[name].module for name in plan if KINDS[name].module), None)
    result, began = Result(seed), time.monotonic()
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(work / f"disk-{seed}"))
        scene = Scene(work, original, disk=disk, module=module)
        scene.set_limits(concurrent=generator.choice((1, 1, 2)))
        try:
            _Course(scene, generator, plan, result).run()
            scene.check_all_gone()
            check_end(scene)
            if winner is not None:
                winner.check(scene.run)
        except BrokenPromiseError as error:
            result.reason = str(error).replace(str(work), "WORK")
            if keep:
                scene.keep(work / f"failed-{seed}", result.reason)
        finally:
            result.sessions = len(scene.sessions)
            result.seconds = round(time.monotonic() - began, 1)
            scene.remove()
    return result


class _Course:
    """The course of one sweep under faults."""

    def __init__(self, scene: Scene, generator: random.Random, plan: list[str], result: Result) -> None:
        self._scene, self._generator, self._result = scene, generator, result
        self._live = [name for name in plan if KINDS[name].inject is not None]
        self._files = [name for name in plan if KINDS[name].inject is None]
        self._longest_gap = max(2, 2 * EVALUATIONS // (len(plan) + 1))
        self._damaged: DamagedFile | None = None

    def run(self) -> None:
        """Start the sweep again and again until it has ended."""
        for _ in range(MOST_SESSIONS):
            self._scene.start()
            effect = self._disturb()
            status = self._scene.wait()
            effect.mend()
            if self._is_over(effect, status):
                return
            self._damage_a_file()
        raise BrokenPromiseError(f"the sweep has not ended after {MOST_SESSIONS} starts")

    def _disturb(self) -> Effect:
        """Inject faults until one ends the driver; return that one, or one that does nothing."""
        last = Effect("nothing")
        while self._scene.is_running:
            if not self._live and not self._files:
                return last
            name = self._live.pop(0) if self._live else "kill-all"  # files are damaged between two runs
            if not self._reach_moment():
                break
            inject = KINDS[name].inject
            effect = Effect(None) if inject is None else inject(self._scene, self._generator)
            if effect.did is None:
                continue
            self._note(name, effect.did)
            if effect.end in (End.STOPS, End.KILLED):
                return effect
            last = effect if effect.end is End.MAY_STOP else last
        return last

    def _reach_moment(self) -> bool:
        """Wait for a random moment: in the start of the driver, or after some evaluations."""
        generator, scene = self._generator, self._scene
        if generator.random() < 0.25:
            wanted = time.monotonic() + generator.uniform(0, 12)
            return scene.until(lambda: time.monotonic() >= wanted)
        target = scene.count() + generator.randint(1, self._longest_gap)
        reached = scene.until(lambda: scene.count() >= target)
        time.sleep(generator.uniform(0, 0.3))
        return reached and scene.is_running

    def _is_over(self, effect: Effect, status: int) -> bool:
        """Return whether the sweep has ended; BrokenPromiseError where the driver ended as it must not."""
        output = self._scene.now.output()
        if status == 0:
            return True
        if effect.end is End.KILLED or BUSY in output:
            return False
        if self._damaged is not None and self._damaged.is_named(output):
            check_refusal(output, status, "")
            self._damaged.restore()
            self._damaged = None
            return False
        if effect.end is End.GOES_ON:
            raise BrokenPromiseError(f"the driver ends with {status}: {output[-3000:]}")
        check_refusal(output, status, effect.message)
        if self._scene.suspects:
            self._scene.drop_suspects()
        return False

    def _damage_a_file(self) -> None:
        """Damage a file before the next start."""
        if not self._files or self._scene.suspects or (self._damaged is not None and self._damaged.remains):
            return
        name = self._files.pop(0)
        self._damaged = damage_file(self._scene, self._generator, DAMAGES[name.removeprefix(FILE)])
        if self._damaged is not None:
            self._note(name, "/".join(self._damaged.path.parts[-3:]))

    def _note(self, kind: str, did: str) -> None:
        self._result.injected.append(Injected(kind, len(self._scene.sessions), self._scene.count(), did))
