"""Which configs trained the weights of a trial that continues others."""

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.schema import TrainingSpec
from sweepbox.tuning.storage.trial_record import CopiedFrom, Segment, TrialState, TrialStatus
from sweepbox.tuning.sweep.chains import Chains, chain_fingerprint

EVERY_TEN = TrainingSpec(evaluate_every=10)


def status_of(fingerprint: str, copied_from: CopiedFrom | None = None) -> TrialStatus:
    return TrialStatus(TrialState.FINISHED, 1, fingerprint, 40, 4, copied_from=copied_from)


def chains_of(**trials: TrialStatus) -> Chains:
    return Chains({name.removeprefix("t"): status for name, status in trials.items()}, EVERY_TEN)


def steps_and_trials(segments: tuple[Segment, ...]) -> list[tuple[int, str]]:
    return [(item.step, item.trial) for item in segments]


THREE = {
    "t0000": status_of("a"),
    "t0001": status_of("b", CopiedFrom("0000", 1, 10)),
    "t0002": status_of("c", CopiedFrom("0001", 3, 30)),
}


def test_a_trial_that_continues_none_has_one_segment() -> None:
    chains = chains_of(**THREE)
    assert steps_and_trials(chains.segments("0000")) == [(0, "0000")]
    assert chains.fingerprint("0000") == "a"
    assert chains.is_own("0000")


def test_a_chain_of_three() -> None:
    chains = chains_of(**THREE)
    assert steps_and_trials(chains.segments("0002")) == [(0, "0000"), (10, "0001"), (30, "0002")]
    assert [item.fingerprint for item in chains.segments("0002")] == ["a", "b", "c"]
    assert chains.is_own("0002")
    assert len({chains.fingerprint(name) for name in ("0000", "0001", "0002")}) == 3


def test_the_steps_and_the_configs_make_the_fingerprint_and_the_trials_do_not() -> None:
    one = chain_fingerprint([Segment(0, "0000", "a"), Segment(10, "0001", "b")])
    assert one == chain_fingerprint([Segment(0, "0005", "a"), Segment(10, "0007", "b")])
    assert one != chain_fingerprint([Segment(0, "0000", "a"), Segment(20, "0001", "b")])
    assert one != chain_fingerprint([Segment(0, "0000", "b"), Segment(10, "0001", "a")])


def test_a_record_without_the_step_has_that_of_the_evaluation() -> None:
    chains = chains_of(t0000=status_of("a"), t0001=status_of("b", CopiedFrom("0000", 2)))
    assert steps_and_trials(chains.segments("0001")) == [(0, "0000"), (20, "0001")]


@pytest.mark.parametrize("origin", [CopiedFrom("0000", 0), CopiedFrom("0000", 0, 0)])
def test_a_copy_before_the_first_step_is_no_chain(origin: CopiedFrom) -> None:
    chains = chains_of(t0000=status_of("a"), t0001=status_of("b", origin))
    assert steps_and_trials(chains.segments("0001")) == [(0, "0001")]
    assert chains.fingerprint("0001") == "b"
    assert chains.is_own("0001")


def test_a_config_under_which_no_step_was_trained_is_left_out() -> None:
    """Trial 0002 continues a copy at the very step at which that began."""
    chains = chains_of(
        t0000=status_of("a"),
        t0001=status_of("b", CopiedFrom("0000", 1, 10)),
        t0002=status_of("c", CopiedFrom("0001", 1, 10)),
    )
    assert steps_and_trials(chains.segments("0002")) == [(0, "0000"), (10, "0002")]


def test_neighbours_of_one_config_are_one_segment() -> None:
    chains = chains_of(
        t0000=status_of("a"),
        t0001=status_of("a", CopiedFrom("0000", 1, 10)),
        t0002=status_of("b", CopiedFrom("0001", 2, 20)),
    )
    assert steps_and_trials(chains.segments("0001")) == [(0, "0000")]
    assert steps_and_trials(chains.segments("0002")) == [(0, "0000"), (20, "0002")]
    assert not chains.is_own("0001"), "it has not made the first evaluations of this config"


def test_a_trial_that_trains_a_chain_again_has_it_in_its_own_record() -> None:
    segments = chains_of(**THREE).segments("0002")
    again = TrialStatus(TrialState.PENDING, 2, "c", 40, 4, segments=segments)
    chains = chains_of(t0009=again)
    assert chains.segments("0009") == segments
    assert chains.fingerprint("0009") == chain_fingerprint(segments)


@pytest.mark.parametrize("source", ["0000", "0001", "0002"])
def test_a_chain_whose_beginning_is_missing_is_named_with_the_remedy(source: str) -> None:
    chains = chains_of(t0001=status_of("b", CopiedFrom(source, 1, 10)))
    assert chains.fingerprint("0001") is None
    remedy = f"trial 0001 continues trial {source}, .* restore trials/{source}, or delete trials/0001"
    with pytest.raises(SweepError, match=remedy):
        chains.segments("0001")
