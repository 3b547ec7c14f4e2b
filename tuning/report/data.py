"""The data of a sweep in the model of its report: counts, and what was wrong with the annotations."""

import logging
from collections.abc import Mapping
from typing import Any

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.detection.data.dataset.prepared import DESCRIPTION
from sweepbox.tuning.report.model.sections import DataModel, DataPartModel, DefectModel
from sweepbox.tuning.storage.dataset import open_sweep_data
from sweepbox.tuning.sweep.state import SweepState

logger = logging.getLogger(__name__)

EXAMPLES = 20
"""How many defects of a kind are listed."""
DEFECTS = {
    "clipped": "boxes clipped at the edge of their image",
    "dropped": "boxes dropped",
    "left_out": "files left out",
    "notes": "notes on classes and images",
}
"""The lists of `dataset.json` in words."""


def data_model(state: SweepState) -> DataModel | None:
    """Return what the description of the sweep's records states; None where the records are not there.

    Records that other programs wrote have no description, so that they would have to be read: None, too.
    """
    try:
        dataset = open_sweep_data(state.folder, state.spec)
    except (OSError, SweepboxError) as error:
        logger.info("no data in the report: %s", error)
        return None
    description = dataset.description
    if not description:
        return None
    return DataModel(
        source=f"{dataset.directory.name}/{DESCRIPTION}",
        parts=tuple(_part(name, part) for name, part in description["splits"].items()),
        classes=tuple(
            {"name": entry["name"], **{part: entry[part] for part in description["splits"]}}
            for entry in description["classes"]
        ),
        image_sizes=description.get("image_sizes", {}),
        duplicate_images=description.get("duplicate_images"),
        defects=tuple(_defects(description)),
    )


def _part(name: str, part: Mapping[str, Any]) -> DataPartModel:
    return DataPartModel(name, part.get("images", 0), part.get("objects"), part.get("images_without_objects"))


def _defects(description: Mapping[str, Any]) -> list[DefectModel]:
    found = []
    for key, words in DEFECTS.items():
        entry = description.get(key, {})
        if entry.get("count"):
            examples = tuple(_text(item) for item in entry.get("list", [])[:EXAMPLES])
            found.append(DefectModel(words, entry["count"], examples))
    return found


def _text(defect: Mapping[str, Any]) -> str:
    """Return a defect as one line: file, object, kind and message."""
    place = str(defect.get("file", ""))
    if defect.get("object_index") is not None:
        place += f": object {defect['object_index']}"
    return f"{place}: {defect.get('kind', '')}: {defect.get('message', '')}"
