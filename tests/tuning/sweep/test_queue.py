import pytest

from sweepbox.tuning.sweep.queue import TrialQueue


def waiting(*programs: str, patience: int = 9) -> TrialQueue:
    queue = TrialQueue(patience=patience)
    for number, program in enumerate(programs):
        queue.add(str(number), program)
    return queue


def test_a_place_gets_a_trial_of_a_program_that_it_holds() -> None:
    queue = waiting("a", "b", "a", "b")
    assert queue.take(held=("b",), elsewhere=("a",)) == "1"
    assert queue.take(held=("b", "c"), elsewhere=("a",)) == "3"
    assert queue.take(held=("a",), elsewhere=("b",)) == "0"


def test_an_empty_place_gets_a_program_that_no_other_holds() -> None:
    queue = waiting("a", "a", "b")
    assert queue.take(held=(), elsewhere=("a",)) == "2"
    assert queue.take(held=(), elsewhere=("a",)) == "0", "no place is left idle"


def test_without_programs_the_order_stays() -> None:
    queue = waiting("a", "b", "c")
    assert [queue.take(held=(), elsewhere=()) for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(ValueError, match="empty"):
        queue.take(held=(), elsewhere=())


def test_a_trial_is_not_passed_over_for_ever() -> None:
    queue = waiting("b", "a", "a", "a", patience=2)
    assert [queue.take(held=("a",), elsewhere=("b",)) for _ in range(4)] == ["1", "2", "0", "3"]
