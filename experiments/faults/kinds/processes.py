"""Processes that die, or that stop for a while."""

import random
import re
import signal
import time
from contextlib import suppress

import psutil

from experiments.faults.kinds.fault import Effect, End
from experiments.faults.scene import Scene, is_alive, kill

WORKER = re.compile(r"ray::\w*Trainable")
"""The titles of the processes in which Ray runs trials."""
RETRIES = 2
"""How often a trial may lose its process in one run of the driver; the third time it fails."""


def kill_trial(scene: Scene, generator: random.Random) -> Effect:
    """Kill the process of a trial, of a trial that can be retried."""
    workers = _workers(scene)
    running = scene.running_trials()
    if not workers or _has_lost_all(scene, running):
        return Effect(None)
    _count_loss(scene, running)
    kill([generator.choice(workers)])
    return Effect(f"one of {len(workers)} workers, running {' '.join(running)}")


def _has_lost_all(scene: Scene, trials: list[str]) -> bool:
    """Return whether one of the trials must not lose its process again in this run of the driver."""
    return any(scene.now.lost.get(trial, 0) >= RETRIES for trial in trials)


def _count_loss(scene: Scene, trials: list[str]) -> None:
    for trial in trials:
        scene.now.lost[trial] = scene.now.lost.get(trial, 0) + 1


def kill_driver(scene: Scene, generator: random.Random) -> Effect:
    """Kill the driver alone; half of the time the sweep is resumed at once, while its processes still end."""
    kill(scene.family()[:1])
    delay_s = generator.choice((0.0, 0.0, 1.0, 5.0))
    return Effect(f"resumed after {delay_s:.0f} s", end=End.KILLED, mend=lambda: time.sleep(delay_s))


class Kill:
    """Kills the process of a name; the driver is to say so and to end."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, scene: Scene, _generator: random.Random, /) -> Effect:
        """Kill it."""
        victim = scene.named(self._name)
        if victim is None:
            return Effect(None)
        kill([victim])
        return Effect(self._name, end=End.STOPS, message=r"Ray has died|Ray does not start")


def kill_everything(scene: Scene, _generator: random.Random) -> Effect:
    """Kill the driver, Ray and all trials at once, as a power cut would."""
    family = scene.family()
    kill(family)
    return Effect(f"{len(family)} processes", end=End.KILLED)


def pause_trial(scene: Scene, generator: random.Random) -> Effect:
    """Stop a trial's process for some seconds."""
    workers = _workers(scene)
    if not workers:
        return Effect(None)
    victim, seconds = generator.choice(workers), generator.uniform(1, 8)
    with suppress(psutil.Error):
        victim.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        victim.send_signal(signal.SIGCONT)
    return Effect(f"for {seconds:.1f} s")


def hang_trial(scene: Scene, generator: random.Random) -> Effect:
    """Stop a trial's process for good: the driver is to kill it and to have the trial go on."""
    workers, running = _workers(scene), scene.running_trials()
    if not workers or _has_lost_all(scene, running):
        return Effect(None)
    _count_loss(scene, running)
    victim = generator.choice(workers)
    with suppress(psutil.Error):
        victim.send_signal(signal.SIGSTOP)
    scene.until(lambda: not is_alive(victim))
    return Effect(f"running {' '.join(running)}")


def pause_driver(scene: Scene, generator: random.Random) -> Effect:
    """Stop the driver's process for some seconds, while its trials go on."""
    seconds = generator.uniform(1, 8)
    scene.now.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    scene.now.process.send_signal(signal.SIGCONT)
    return Effect(f"for {seconds:.1f} s")


def _workers(scene: Scene) -> list[psutil.Process]:
    found = []
    for process in scene.family():
        with suppress(psutil.Error):
            if WORKER.match(" ".join(process.cmdline())):
                found.append(process)
    return found
