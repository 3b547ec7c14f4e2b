"""Programs that ran out of memory are not suggested."""

import pytest

from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.tuning.search.feasibility import Feasibility
from sweepbox.tuning.search.fitting_programs import FittingPrograms
from tests.tiny import tiny_config

BASE = tiny_config()
LARGE = (Edit("batch_size", 64),)


def test_a_program_is_allowed_until_it_is_excluded() -> None:
    fitting = FittingPrograms(BASE, Feasibility(), has_several=True)
    assert fitting.allows(LARGE)
    fitting.exclude(CompileKey.of(apply_edits(BASE, LARGE)).id)
    assert not fitting.allows(LARGE)
    assert not fitting.allows((*LARGE, Edit("focal_gamma", 1.5)))
    assert fitting.allows((Edit("batch_size", 32),))
    assert fitting.allows((Edit("batch_size", "many"),)), "a config that is refused is recorded as failed"
    fitting.check()


def test_where_the_only_program_does_not_fit_nothing_is_suggested() -> None:
    fitting = FittingPrograms(BASE, Feasibility(), has_several=False)
    fitting.check()
    fitting.exclude(CompileKey.of(BASE).id)
    with pytest.raises(SweepError, match="which ran out of memory even alone; set a smaller batch"):
        fitting.check()
