"""One SSD detector: its data, model, training, evaluation, export and use.

The names in `__all__` are what a notebook needs; each is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING

from sweepbox.detection.core.lazy import lazy_names

if TYPE_CHECKING:
    from sweepbox.detection.config.edits import apply_edits, parse_edit
    from sweepbox.detection.config.label_map import load_label_map
    from sweepbox.detection.config.load import load_config, save_config
    from sweepbox.detection.data.dataset.doctor import examine
    from sweepbox.detection.data.dataset.prepare import PrepareSettings, open_dataset, prepare
    from sweepbox.detection.data.sample import draw_sample
    from sweepbox.detection.export.saved_model import export_detector
    from sweepbox.detection.inference.detector import Detector
    from sweepbox.detection.inference.draw import draw_detections
    from sweepbox.detection.model_evaluation import evaluate_model
    from sweepbox.detection.runner import RunSettings, TrainingRun, carry_records, train

_HOMES = {
    "apply_edits": "config.edits",
    "parse_edit": "config.edits",
    "load_label_map": "config.label_map",
    "load_config": "config.load",
    "save_config": "config.load",
    "examine": "data.dataset.doctor",
    "PrepareSettings": "data.dataset.prepare",
    "open_dataset": "data.dataset.prepare",
    "prepare": "data.dataset.prepare",
    "draw_sample": "data.sample",
    "export_detector": "export.saved_model",
    "Detector": "inference.detector",
    "draw_detections": "inference.draw",
    "evaluate_model": "model_evaluation",
    "RunSettings": "runner",
    "TrainingRun": "runner",
    "carry_records": "runner",
    "train": "runner",
}
__all__ = [
    "Detector",
    "PrepareSettings",
    "RunSettings",
    "TrainingRun",
    "apply_edits",
    "carry_records",
    "draw_detections",
    "draw_sample",
    "evaluate_model",
    "examine",
    "export_detector",
    "load_config",
    "load_label_map",
    "open_dataset",
    "parse_edit",
    "prepare",
    "save_config",
    "train",
]

__getattr__ = lazy_names(__name__, _HOMES)
