"""Drawn learning curves and events."""

from collections.abc import Sequence

from hypothesis import strategies as st

from sweepbox.tuning.schedule.rule import Ended, Event, Idle, Report
from sweepbox.tuning.schedule.simulator import Curve

SCORES = st.integers(-3, 3).map(float) | st.floats(-10, 10, allow_nan=False)
"""Ties are common."""


@st.composite
def curves(draw: st.DrawFn, *, most: int = 9) -> Sequence[Curve]:
    """One to nine trials of one to nine evaluations."""
    lengths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=most))
    return [
        Curve(
            f"{number:04d}",
            tuple(draw(st.lists(SCORES, min_size=length, max_size=length))),
            tuple(map(float, draw(st.lists(st.integers(1, 4), min_size=length, max_size=length)))),
        )
        for number, length in enumerate(lengths)
    ]


@st.composite
def events(draw: st.DrawFn) -> Sequence[Event]:
    """Reports of up to six trials in rising order of their evaluations, ends, and idle moments."""
    made: dict[str, int] = {}
    over: set[str] = set()
    drawn: list[Event] = []
    for name in draw(st.lists(st.sampled_from("abcdef"), max_size=40)):
        if name in over:
            drawn.append(Idle())
        elif made.get(name) and draw(st.integers(0, 9)) == 0:
            over.add(name)
            drawn.append(Ended(name))
        else:
            made[name] = made.get(name, 0) + draw(st.integers(1, 2))
            drawn.append(Report(name, made[name], draw(SCORES)))
    return drawn


DRAWS = st.lists(st.integers(0, 6), min_size=1, max_size=30)
