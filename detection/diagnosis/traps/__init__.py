"""Mistakes of configs that train without an error and cost quality, each found by one function."""

from sweepbox.detection.diagnosis.traps.finding import Case, Finding
from sweepbox.detection.diagnosis.traps.table import TRAPS, find_traps

__all__ = ["TRAPS", "Case", "Finding", "find_traps"]
