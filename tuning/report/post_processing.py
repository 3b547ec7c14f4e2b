"""The report's part on suppression and thresholds chosen after training, and on a threshold that costs mAP."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.support.post_processing import NMS, cutting_threshold
from sweepbox.tuning.report.markdown_text import code, plain

HEADING = "Suppression and thresholds, chosen after training on the validation part:"


def post_processing_lines(chosen: Mapping[str, Any] | None, config: Path) -> list[str]:
    """Return what was chosen for the winner's export; or else whether its config cuts the evaluation.

    Args:
        chosen: What `winner.json` has under `post_processing`; None where nothing was chosen.
        config: The config of the winner.
    """
    if chosen is not None:
        return [HEADING, "", *(f"* {plain(line)}" for line in chosen.get("lines", ())), ""]
    threshold = cutting_threshold(load_config(config).model.ssd)
    if threshold is None:
        return []
    line = (
        f"The config's {code(f'{NMS}.score_threshold')} = {threshold:g} cuts detections off before they are "
        f"evaluated. {code('sweepbox export')} measures what it costs in mAP."
    )
    return [line, ""]
