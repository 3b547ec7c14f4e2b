from collections.abc import Callable, Sequence
from types import SimpleNamespace

from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from sweepbox.tuning.objective.objective import Mode, Objective
from sweepbox.tuning.ray_backend.stopping import build_scheduler
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import SchedulerSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep

ASHA = SchedulerSpec(type="asha", grace_period=1, reduction_factor=2)
HIGHEST = Objective("mAP", Mode.MAX)
Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]


def decide(scheduler: TrialScheduler, name: str, evaluation: int, score: float) -> str:
    trial = SimpleNamespace(config={"trial": name})
    if name not in scheduler._trial_info:
        scheduler.on_trial_add(None, trial)
    return str(scheduler.on_trial_result(None, trial, {"evaluation": evaluation, "score": score}))


def test_the_worse_half_is_stopped_at_each_rung() -> None:
    scheduler = build_scheduler(ASHA, HIGHEST, longest=8, earlier=[])
    assert decide(scheduler, "0", 1, 0.5) == "CONTINUE"
    assert decide(scheduler, "1", 1, 0.4) == "STOP"
    assert decide(scheduler, "2", 1, 0.6) == "CONTINUE"
    assert decide(scheduler, "0", 2, 0.7) == "CONTINUE"
    assert decide(scheduler, "2", 2, 0.6) == "STOP"
    assert decide(scheduler, "0", 8, 0.7) == "STOP"


def test_a_loss_is_compared_the_other_way_round() -> None:
    scheduler = build_scheduler(ASHA, Objective("loss/total", Mode.MIN), longest=8, earlier=[])
    assert decide(scheduler, "0", 1, 0.5) == "CONTINUE"
    assert decide(scheduler, "1", 1, 0.6) == "STOP"


def test_the_grace_period_is_never_longer_than_a_trial() -> None:
    spec = SchedulerSpec(type="asha", grace_period=50)
    scheduler = build_scheduler(spec, HIGHEST, longest=3, earlier=[])
    assert decide(scheduler, "0", 2, 0.1) == "CONTINUE"


def test_none_never_stops_a_trial() -> None:
    assert type(build_scheduler(SchedulerSpec(type="none"), HIGHEST, longest=3, earlier=[])) is FIFOScheduler


def test_a_resumed_sweep_knows_its_rungs(sweep: Begin, live: Live) -> None:
    folder = sweep(objective={"metric": "mAP"})
    book = TrialManager(folder, load_spec(folder.spec))
    for _ in range(3):
        book.next_trial()
    live(folder, "0000", [0.5, 0.7, 0.8], TrialState.FINISHED)
    live(folder, "0001", [0.6], TrialState.INTERRUPTED)

    scheduler = build_scheduler(ASHA, HIGHEST, longest=3, earlier=load_sweep(folder.path).trials)
    assert decide(scheduler, "0001", 2, 0.6) == "STOP", "0000 had 0.7 there"
    assert decide(scheduler, "0002", 1, 0.4) == "STOP", "0000 and 0001 had 0.5 and 0.6 there"

    fresh = build_scheduler(ASHA, HIGHEST, longest=3, earlier=[])
    assert decide(fresh, "0001", 2, 0.6) == "CONTINUE"
