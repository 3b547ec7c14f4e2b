"""Sweep files that are drafted from data and config."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.core.errors import ConfigError, SweepboxError, SweepError
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.sweep.create import SweepRequest, check_request, create_sweep
from sweepbox.tuning.sweep.drafting import DraftRequest, write_draft
from tests.tiny import QUICKSTART

FACE_MASK = Path(__file__).parents[4] / "shared" / "face_mask"


@pytest.fixture
def request_(records: Path, tmp_path: Path) -> DraftRequest:
    return DraftRequest(records, QUICKSTART, tmp_path / "my sweep.yaml")


def test_the_draft_makes_a_sweep(request_: DraftRequest, tmp_path: Path) -> None:
    text = write_draft(request_)
    spec = load_spec(request_.out)
    assert spec.name == "my_sweep"
    assert spec.preset == "from_scratch"
    assert not Path(str(spec.data)).is_absolute()
    assert "Estimates, not measured" in text
    assert "# random_horizontal_flip: as in the preset" in text
    assert create_sweep(SweepRequest(request_.out, out=tmp_path / "run")).exists


def test_photographs_and_their_records_give_alike_drafts(
    request_: DraftRequest, photographs: Path, tmp_path: Path
) -> None:
    write_draft(request_)
    write_draft(replace(request_, data=photographs, out=tmp_path / "other.yaml"))
    first, second = load_spec(request_.out), load_spec(tmp_path / "other.yaml")
    assert first.augmentations == second.augmentations
    assert first.training.evaluate_every is not None
    assert check_request(SweepRequest(tmp_path / "other.yaml")).trials == first.trials


def test_the_same_request_gives_the_same_file(request_: DraftRequest) -> None:
    asked = replace(request_, budget="2h", gpus=2)
    first = write_draft(asked)
    with pytest.raises(SweepError, match="is there already; give --overwrite"):
        write_draft(asked)
    assert write_draft(replace(asked, overwrite=True)) == first == asked.out.read_text()
    spec = load_spec(asked.out)
    assert (spec.time_budget, spec.max_concurrent, spec.resources_per_trial.gpu) == ("2h", 2, 1)
    assert sorted(path.name for path in asked.out.parent.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize(
    ("weights", "preset", "initial"), [("imagenet", "finetune", "imagenet"), ("none", "from_scratch", None)]
)
def test_weights_decide_the_preset(
    request_: DraftRequest, tmp_path: Path, weights: str, preset: str, initial: str | None
) -> None:
    config = tmp_path / "zoo.config"
    edit = Edit("train_config.fine_tune_checkpoint", "PATH_TO_BE_CONFIGURED/ckpt-0")
    save_config(apply_edits(load_config(QUICKSTART), [edit]), config)
    zoo = replace(request_, config=config)
    with pytest.raises(SweepError, match="a placeholder; give --weights"):
        write_draft(zoo)
    write_draft(replace(zoo, weights=weights))
    spec = load_spec(zoo.out)
    assert (spec.preset, spec.initial_weights) == (preset, initial)
    assert spec.set["train_config.fine_tune_checkpoint"] is None


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"weights": "nowhere.npz"}, SweepError, "draft of .*initial_weights: .*nowhere.npz"),
        ({"data": Path("nowhere")}, SweepError, "nowhere: no such folder"),
        ({"budget": "soon"}, SweepError, "'soon' is no duration"),
        ({"config": Path("nowhere.config")}, (ConfigError, OSError), "nowhere.config"),
    ],
)
def test_what_cannot_be_a_sweep_is_refused_and_nothing_is_written(
    request_: DraftRequest, changes: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        write_draft(replace(request_, **changes))  # type: ignore[arg-type]
    assert not request_.out.exists()


def test_defects_are_named(request_: DraftRequest, photographs: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(photographs, tmp_path / "broken"))
    next(iter(sorted((broken / "annotations").iterdir()))).write_text("<annotation>")
    with pytest.raises(SweepboxError, match=r"defects would break training \(1\), the first: annotations/"):
        write_draft(replace(request_, data=broken))


@pytest.mark.skipif(not FACE_MASK.is_dir(), reason="the photographs of face masks are not beside the checkout")
def test_face_masks(request_: DraftRequest) -> None:
    text = write_draft(replace(request_, data=FACE_MASK, budget="4h", gpus=4))
    assert "# Objects: with_mask 2922, without_mask 666, mask_weared_incorrect 113." in text
    assert "# floors: {AP@.50/mask_weared_incorrect: 0.2}" in text
    assert "nine of ten objects are at most 22%" in text
