"""Clock steps, a second driver, and messages that come twice."""

import random

from experiments.faults.kinds.fault import Effect
from experiments.faults.scene import BrokenPromiseError, Scene

STEPS_S = (-86400 * 400, -86400, -3600, -61, -2, 2, 61, 3600, 86400, 86400 * 400)
TWICE = "twice"
"""The file in a scene's folder that has `repeating.py` record a report twice; it holds which earlier one."""


def step_clock(scene: Scene, generator: random.Random) -> Effect:
    """Step the clock of all processes of the sweep."""
    if scene.clock.library is None:
        return Effect(None)
    seconds = generator.choice(STEPS_S)
    scene.clock.set(seconds)
    return Effect(f"{seconds} s from the true time")


def second_driver(scene: Scene, _generator: random.Random) -> Effect:
    """Start a second driver on the same folder, which is to refuse."""
    if not (scene.run / "sweep.yaml").is_file():
        return Effect(None)
    terminal = scene.home / "second.txt"
    status = scene.popen(scene.command(), terminal).wait()
    output = terminal.read_text(errors="replace")
    if not scene.is_running:
        return Effect(None)  # the first one has ended meanwhile
    if status != 2 or "another process runs this sweep" not in output or "Traceback" in output:
        raise BrokenPromiseError(f"a second driver ends with {status}: {output}")
    return Effect("refused")


def report_twice(scene: Scene, generator: random.Random) -> Effect:
    """Have the driver record the next report twice, or an earlier one once more."""
    back = generator.choice((0, 0, 1, 3))
    (scene.home / TWICE).write_text(str(back))
    return Effect("the same at once" if back == 0 else f"one from {back} reports before")
