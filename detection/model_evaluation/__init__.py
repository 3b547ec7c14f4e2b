"""The evaluation of an exported model on annotated photographs."""

from typing import TYPE_CHECKING

from sweepbox.detection.core.lazy import lazy_names

if TYPE_CHECKING:
    from sweepbox.detection.model_evaluation.evaluate import ModelEvaluation, evaluate_model

__all__ = ["ModelEvaluation", "evaluate_model"]

__getattr__ = lazy_names(__name__, {"ModelEvaluation": "evaluate", "evaluate_model": "evaluate"})
