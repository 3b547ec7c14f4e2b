"""What the report says of suppression, thresholds, and a threshold that cuts the evaluation."""

from pathlib import Path

import pytest

from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.tuning.report.post_processing import post_processing_lines

QUICKSTART = Path(__file__).parents[3] / "experiments" / "configs" / "quickstart.config"
NMS = "model.ssd.post_processing.batch_non_max_suppression"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The config of a winner that evaluates only detections from 0.6."""
    path = tmp_path / "pipeline.config"
    save_config(apply_edits(load_config(QUICKSTART), [parse_edit(f"{NMS}.score_threshold=0.6")]), path)
    return path


def test_a_threshold_that_cuts_the_evaluation_is_noticed(config: Path) -> None:
    (line, _) = post_processing_lines(None, config)
    assert f"`{NMS}.score_threshold` = 0.6 cuts detections off" in line
    assert post_processing_lines(None, QUICKSTART) == []


def test_what_was_chosen(config: Path) -> None:
    heading, _, first, second, _ = post_processing_lines({"lines": ["NMS *0.5*", "a 0.4"]}, config)
    assert heading.startswith("Suppression and thresholds")
    assert (first, second) == (r"* NMS \*0.5\*", "* a 0.4")
