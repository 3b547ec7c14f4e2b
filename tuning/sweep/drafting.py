"""Drafting a sweep file: it is written only if it passes the checks of a sweep."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.checkpoint.source import KERAS_WEIGHTS
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import hidden_sibling
from sweepbox.tuning.draft.estimates import plan_sweep
from sweepbox.tuning.draft.profile import profile_data
from sweepbox.tuning.draft.sweep_file import FINETUNE, FROM_SCRATCH, Draft, draft_text
from sweepbox.tuning.spec.durations import parse_duration
from sweepbox.tuning.spec.schema import PrepareSpec
from sweepbox.tuning.storage.dataset import check_data_folder
from sweepbox.tuning.sweep.create import SweepRequest, check_request

NO_WEIGHTS = "none"
PLACEHOLDER = "PATH_TO_BE_CONFIGURED"
CHECKPOINT = "train_config.fine_tune_checkpoint"


@dataclass(frozen=True)
class DraftRequest:
    """What `sweepbox init` is asked for.

    Attributes:
        data: Annotated photographs, or prepared records.
        config: The pipeline.config to start from.
        out: The sweep file to write.
        weights: A file of weights, a checkpoint, `imagenet`, or `none` for random ones; None for the config's.
        budget: The time for the sweep, such as `4h`.
        gpus: The number of GPUs; 0 for CPUs alone.
        cpus: Without GPUs, the number of CPUs.
        overwrite: Whether a file that is there is replaced.
    """

    data: Path
    config: Path
    out: Path
    weights: str | None = None
    budget: str | None = None
    gpus: int = 0
    cpus: int = 1
    overwrite: bool = False


def write_draft(request: DraftRequest, *, on_progress: Callable[[int, int], None] | None = None) -> str:
    """Write a sweep file for data and config and return its text; the same request gives the same text.

    Raises:
        SweepError: The file is there already, or data, config or weights do not make a sweep.
        ConfigError: The config is malformed or not supported.
        DataError: The data have defects that break training.
    """
    if request.out.exists() and not request.overwrite:
        raise SweepError(f"{request.out}: is there already; give --overwrite to replace it, or another --out")
    budget_s = None if request.budget is None else parse_duration(request.budget)
    base = load_config(request.config)
    check_supported(base)
    draft = _draft(request, base)
    profile = profile_data(
        check_data_folder(request.data),
        validation_fraction=draft.validation_fraction,
        test_fraction=draft.test_fraction,
        on_progress=on_progress,
    )
    plan = plan_sweep(
        base, profile, preset=draft.preset, budget_s=budget_s, gpus=request.gpus, cpus=request.cpus
    )
    text = draft_text(draft, base, profile, plan)
    _publish(text, request.out)
    return text


def _draft(request: DraftRequest, base: pb.TrainEvalPipelineConfig) -> Draft:
    preset, reason = _preset(request, base)
    has_checkpoint = bool(base.train_config.fine_tune_checkpoint)
    weights = request.weights
    if weights not in (None, NO_WEIGHTS, KERAS_WEIGHTS):
        weights = _relative(Path(str(weights)), request.out)
    return Draft(
        name=_name(request),
        base_config=_relative(request.config, request.out),
        data=_relative(request.data, request.out),
        weights=None if weights == NO_WEIGHTS else weights,
        preset=preset,
        preset_reason=reason,
        set={CHECKPOINT: None} if request.weights is not None and has_checkpoint else {},
        gpus=request.gpus,
        budget=request.budget,
        validation_fraction=PrepareSpec().validation_fraction,
        test_fraction=PrepareSpec().test_fraction,
    )


def _preset(request: DraftRequest, base: pb.TrainEvalPipelineConfig) -> tuple[str, str]:
    """Return the preset and why it is chosen; SweepError where the config's checkpoint is a placeholder."""
    named = base.train_config.fine_tune_checkpoint
    if request.weights == NO_WEIGHTS:
        return FROM_SCRATCH, "from_scratch: training starts with random weights"
    if request.weights is not None:
        return FINETUNE, "finetune: training starts with trained weights"
    if not named:
        return FROM_SCRATCH, "from_scratch: neither config nor --weights names trained weights"
    if PLACEHOLDER in named:
        raise SweepError(
            f"{request.config}: {CHECKPOINT} is {named!r}, a placeholder; give --weights with a file, a "
            f"checkpoint, {KERAS_WEIGHTS!r} or {NO_WEIGHTS!r}, or correct the config"
        )
    return FINETUNE, f"finetune: the config has a {CHECKPOINT}"


def _name(request: DraftRequest) -> str:
    """Return a name that a sweep may have, from the name of the file."""
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "_", request.out.stem).strip("._-")
    return cleaned[:100] or "sweep"


def _relative(path: Path, out: Path) -> str:
    """Return a path relative to the folder of the sweep file."""
    return os.path.relpath(path.resolve(), out.parent.resolve())


def _publish(text: str, out: Path) -> None:
    """Write the file, and keep it only if it passes all checks of a sweep that need no preparation of data."""
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = hidden_sibling(out)
    temporary.write_text(text, encoding="utf-8")
    try:
        check_request(SweepRequest(temporary))
        temporary.replace(out)
    except SweepError as error:
        raise SweepError(str(error).replace(str(temporary), f"draft of {out}")) from error
    finally:
        temporary.unlink(missing_ok=True)
