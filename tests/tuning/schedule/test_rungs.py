"""The rungs of stopping rules, worked out by hand."""

import pytest

from sweepbox.tuning.schedule.rungs import rungs_of
from sweepbox.tuning.spec.schema import SchedulerSpec


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"type": "asha", "grace_period": 1, "reduction_factor": 3}, (1, 3)),
        ({"type": "asha", "grace_period": 2, "reduction_factor": 2.5}, (2, 5)),
        ({"type": "top_k", "evaluations": 4, "keep": 1}, (4,)),
        ({"type": "hyperband", "grace_period": 1, "reduction_factor": 3}, (1, 3)),
        ({"type": "median"}, ()),
        ({"type": "none"}, ()),
    ],
)
def test_rungs(spec: dict[str, object], expected: tuple[int, ...]) -> None:
    assert rungs_of(SchedulerSpec.model_validate(spec), trials=9, max_evaluations=9) == expected
