"""A request to train, and its conversion to the settings of a run."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sweepbox.detection.core.backends import VARIABLE, Backend, backend_of, choose_kernels, use_backend
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.runner.run_metadata import read_run_metadata

if TYPE_CHECKING:
    from sweepbox.detection.config.edits import Edit
    from sweepbox.detection.model.precision import Precision
    from sweepbox.detection.runner.settings import RunSettings

DEFAULT_METRIC = "mAP@.50"


@dataclass(frozen=True, kw_only=True)
class TrainRequest:
    """The options of `sweepbox train`, which are the arguments of `sweepbox.train`.

    Attributes:
        config: The pipeline.config to train.
        out: The folder of the run.
        data: The folder of prepared records; None for the records that the config's input readers name.
        edits: Edits of the config.
        seed: The same seed gives the same weights and data order.
        precision: `float32`, `bfloat16`, or `auto` for the faster one by a measurement.
        backend: `tensorflow` or `jax`; None for that of the run to resume, of this process, or TensorFlow.
        evaluate_every: Steps between evaluations; None for ten evaluations.
        metric: The metric that selects the best checkpoint.
        initial_weights: A file of backbone weights, an Object Detection API checkpoint, or `imagenet`.
        cache_directory: The folder for decoded images; None for a folder beside the records.
        resume: Whether to resume the run in `out`.
        log_images: How many annotated validation images each evaluation logs for TensorBoard.
    """

    config: Path
    out: Path
    data: Path | None = None
    edits: tuple["Edit", ...] = ()
    seed: int = 0
    precision: str = "float32"
    backend: str | None = None
    evaluate_every: int | None = None
    metric: str = DEFAULT_METRIC
    initial_weights: str | None = None
    cache_directory: Path | None = None
    resume: bool = False
    log_images: int = 0

    def choose_backend(self) -> None:
        """Set the Keras backend of this process; call it before Keras is loaded.

        Raises:
            UsageError: The backend is not installed, or Keras is loaded with another one.
        """
        choose_kernels()
        use_backend(self._backend())

    def settings(self, notify: Callable[[str], None]) -> "RunSettings":
        """Return the settings of the run.

        Args:
            notify: Called with messages about settings that were chosen automatically.

        Raises:
            ConfigError: The config or an edit is malformed or not supported.
            DataError: The records are missing.
            UsageError: There is no such precision.
        """
        from sweepbox.detection.runner.inputs import run_inputs

        inputs = run_inputs(
            self.config,
            self.data,
            edits=self.edits,
            initial_weights=self.initial_weights,
            all_fields_count=self.resume and self._keeps_own_pyramid(),
        )
        for message in inputs.adjustments:
            notify(message)
        from sweepbox.detection.runner.settings import RunSettings

        settings = RunSettings(
            config=inputs.config,
            train_records=inputs.train_records,
            validation_records=inputs.validation_records,
            label_map=inputs.label_map,
            directory=self.out,
            seed=self.seed,
            evaluate_every=self.evaluate_every,
            metric=self.metric,
            initial_weights=self.initial_weights,
            cache_directory=self.cache_directory,
            log_images=self.log_images,
        )
        return self._with_precision(settings, notify)

    def _keeps_own_pyramid(self) -> bool:
        """Return whether the run to resume does, see `RunFolder.keeps_own_pyramid`; this loads the engine."""
        from sweepbox.detection.runner.folder import RunFolder

        return RunFolder(self.out).keeps_own_pyramid

    def _backend(self) -> Backend:
        """Return the requested backend, else that of the run to resume, else that of this process."""
        if self.backend is not None:
            return backend_of(self.backend)
        metadata = read_run_metadata(self.out) if self.resume else None
        if metadata is not None:
            return backend_of(metadata.backend)
        keras = sys.modules.get("keras")
        if keras is not None:
            return backend_of(keras.config.backend())
        return backend_of(os.environ.get(VARIABLE, Backend.TENSORFLOW.value))

    def _with_precision(self, settings: "RunSettings", notify: Callable[[str], None]) -> "RunSettings":
        """Return the settings with the requested precision; `auto` is measured once per run."""
        from sweepbox.detection.model.precision import AUTOMATIC
        from sweepbox.detection.runner.folder import RunFolder
        from sweepbox.detection.runner.precision_choice import choose_precision

        if self.precision != AUTOMATIC:
            return replace(settings, precision=precision_of(self.precision))
        folder = RunFolder(settings.directory)
        if self.resume:
            metadata = folder.metadata
            return (
                settings if metadata is None else replace(settings, precision=precision_of(metadata.precision))
            )
        folder.check_new()
        choice = choose_precision(settings)
        notify(str(choice))
        return replace(settings, precision=choice.precision)


def precision_of(text: str) -> "Precision":
    """Return the precision with a name; UsageError lists the names if there is none."""
    from sweepbox.detection.model.precision import Precision

    try:
        return Precision(text)
    except ValueError:
        names = ", ".join(choice.value for choice in Precision)
        raise UsageError(f"--precision {text}: there is no such precision; use {names} or auto") from None
