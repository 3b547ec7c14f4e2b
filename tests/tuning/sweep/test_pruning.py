from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.report.markdown import report_text
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.pruned_file import read_pruned
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.resume import resume_sweep

SPACE = {
    "learning_rate": {"log_uniform": [1e-4, 1e-2]},
    "anchor_scale": {"choice": [3.0, 90.0]},  # an anchor of 720 pixels in an image of 96 meets nothing
}


@pytest.mark.parametrize("is_prepared", [True, False])
def test_choices_that_cannot_match_the_data_are_left_out(
    write_spec: Callable[..., Path], tmp_path: Path, photographs: Path, *, is_prepared: bool
) -> None:
    lines: list[str] = []
    data = None if is_prepared else photographs
    request = SweepRequest(write_spec(space=SPACE), data=data, out=tmp_path / "run")
    folder = create_sweep(request, notify=lines.append)
    [unfit] = read_pruned(folder)
    assert (unfit.parameter, unfit.value, unfit.share) == ("anchor_scale", 90.0, 0.0)
    assert [line for line in lines if line.startswith("space.anchor_scale: 90.0 is left out")]
    assert load_spec(folder.spec).space["anchor_scale"].choice == [3.0]
    text = report_text(load_sweep(folder.path))
    assert "Choices of the sweep file that cannot match the data:\n\n* space.anchor" in text.replace("\\", "")


def test_a_sweep_without_some_choices_resumes_with_either_file(
    write_spec: Callable[..., Path], tmp_path: Path
) -> None:
    file = write_spec(space=SPACE)
    folder = create_sweep(SweepRequest(file, out=tmp_path / "run"))
    assert resume_sweep(SweepRequest(file, out=folder.path)).path == folder.path
    assert resume_sweep(SweepRequest(folder.spec, out=folder.path)).path == folder.path
    other = {**SPACE, "anchor_scale": {"choice": [3.0, 5.0]}}
    with pytest.raises(SweepError, match=r"asks for another search than .* \(space\)"):
        resume_sweep(SweepRequest(write_spec(space=other), out=folder.path))


def test_a_grid_has_the_points_that_are_left(write_spec: Callable[..., Path], tmp_path: Path) -> None:
    space = {"batch_size": {"choice": [1, 2]}, "anchor_scale": SPACE["anchor_scale"]}
    file = write_spec(space=space, augmentations={}, sampler={"type": "grid"}, trials=10)
    folder = create_sweep(SweepRequest(file, out=tmp_path / "run"))
    assert load_spec(folder.spec).trials == 2


def test_a_space_that_matches_the_data_is_left_as_it_is(
    write_spec: Callable[..., Path], tmp_path: Path
) -> None:
    space = {**SPACE, "anchor_scale": {"choice": [2.5, 3.0]}}
    folder = create_sweep(SweepRequest(write_spec(space=space), out=tmp_path / "run"))
    assert not folder.pruned.exists()
    assert load_spec(folder.spec).space["anchor_scale"].choice == [2.5, 3.0]
    assert "cannot match" not in report_text(load_sweep(folder.path))


def test_a_damaged_record_is_refused(write_spec: Callable[..., Path], tmp_path: Path) -> None:
    folder = create_sweep(SweepRequest(write_spec(space=SPACE), out=tmp_path / "run"))
    folder.pruned.write_text('{"choices": [{"name": 1}]}')
    with pytest.raises(SweepError, match=r"pruned\.json: damaged"):
        read_pruned(folder)
