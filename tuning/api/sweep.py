"""A sweep as a notebook uses it: run it, resume it, read it, export its best checkpoint."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sweepbox.detection.core.files import StrPath
from sweepbox.tuning.api.export import DEFAULT_INPUT_TYPE, SAVED_MODEL, ExportFormat, export
from sweepbox.tuning.api.trials import Trials
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.storage.remote.reader import local_sweep
from sweepbox.tuning.sweep.begin import begun_sweep
from sweepbox.tuning.sweep.create import SweepRequest
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.state import SweepState

if TYPE_CHECKING:
    from sweepbox.detection.export.od_api_checkpoint import ExportedCheckpoint
    from sweepbox.detection.export.saved_model import ExportedModel
    from sweepbox.tuning.monitor.monitor import Listener
    from sweepbox.tuning.ray_backend.launch import RayConfig, SweepOutcome
    from sweepbox.tuning.sweep.best import Best


class Sweep:
    """A search for the best settings in parallel trials, kept in one folder.

    The constructor starts and writes nothing; `run` does.

    Args:
        spec: The sweep file, or a `SweepSpec`. Relative paths in a file start at the file's folder, those of a
            `SweepSpec` at the working directory.
        data: The folder of annotated photographs or of prepared records, instead of the spec's.
        out: The sweep's folder, or a URI such as `s3://bucket/runs/mine`; `runs/NAME` by default.
        trials: The number of trials, instead of the spec's.
        time_budget: The time for the sweep, `90s`, `10m` or `1h30m`, instead of the spec's.
        gpu_hours: The most GPU-hours of all trials together, instead of the spec's.
        cost_limit: The most money for all trials together, instead of the spec's, which has the price.

    Raises:
        SweepError: The sweep file is malformed.

    Example:
        >>> spec = sb.SweepSpec(
        ...     name="two",
        ...     base_config="pipeline.config",
        ...     space={"learning_rate": sb.log_uniform(1e-4, 1e-2)},
        ...     trials=2,
        ... )
        >>> sweep = sb.Sweep(spec, data="records")
        >>> sweep.folder
        PosixPath('runs/two')
        >>> sweep.folder.exists()
        False
    """

    def __init__(
        self,
        spec: SweepSpec | StrPath,
        *,
        data: StrPath | None = None,
        out: StrPath | None = None,
        trials: int | None = None,
        time_budget: str | None = None,
        gpu_hours: float | None = None,
        cost_limit: float | None = None,
    ) -> None:
        self._request = SweepRequest(
            spec if isinstance(spec, SweepSpec) else Path(spec),
            data=None if data is None else os.fspath(data),
            out=None if out is None else os.fspath(out),
            trials=trials,
            time_budget=time_budget,
            gpu_hours=gpu_hours,
            cost_limit=cost_limit,
        )
        self._folder = self._request.folder(self._request.load())

    @classmethod
    def open(cls, folder: StrPath) -> Self:
        """Return the sweep in a folder or at a URI, whether it runs, has ended or was interrupted.

        Raises:
            SweepError: There is no sweep in the folder.

        Example:
            >>> sb.Sweep.open("runs/tiny").best.metric
            'mAP@.50'
        """
        found = open_sweep(local_sweep(folder))
        return cls(found.spec, out=found.address)

    @property
    def folder(self) -> Path:
        """The sweep's folder; of a sweep on a URI, the one that mirrors it on this machine.

        Example:
            >>> sb.Sweep("sweep.yaml").folder
            PosixPath('runs/tiny')
        """
        return self._folder.path

    def run(
        self,
        *,
        ray_config: "RayConfig | None" = None,
        listener: "Listener | None" = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> "SweepOutcome":
        """Prepare the data if needed, run all trials, and write the results.

        Ctrl-C lets the trials save their state and ends the sweep in order; `resume` continues it.

        Args:
            ray_config: The Ray cluster to run on; by default a Ray on this machine, for this sweep alone.
            listener: Receives the sweep's state about once a second.
            on_progress: Called with the steps done and their total while data are prepared.

        Returns:
            The state at the end, and what stopped the sweep early, if anything.

        Raises:
            SweepError: The folder is taken, the spec does not fit the config or the data, or all trials failed.
            ConfigError: The config is malformed or not supported.
            DataError: The data are missing or damaged.

        Example:
            >>> outcome = sb.Sweep("sweep.yaml").run()
            >>> outcome.state.ended, outcome.stopped_by
            (2, None)
        """
        request = replace(self._request, runs_here=ray_config is None or ray_config.address is None)
        with begun_sweep(request, resume=False, on_progress=on_progress) as folder:
            return self._run(folder, ray_config, listener)

    def resume(
        self,
        *,
        trials: int | None = None,
        time_budget: str | None = None,
        gpu_hours: float | None = None,
        cost_limit: float | None = None,
        confirm: ConfirmSpec | None = None,
        ray_config: "RayConfig | None" = None,
        listener: "Listener | None" = None,
    ) -> "SweepOutcome":
        """Continue a sweep that was interrupted, or extend one that has ended.

        Args:
            trials: Another number of trials in all.
            time_budget: Another time for the sweep, from now on.
            gpu_hours: Another limit of GPU-hours, those of earlier sessions included.
            cost_limit: Another limit of money, that of earlier sessions included.
            confirm: Confirm the winner, by so many finalists, seeds and folds.
            ray_config: As for `run`.
            listener: As for `run`.

        Returns:
            The state at the end, and what stopped the sweep early, if anything.

        Raises:
            SweepError: There is no sweep in the folder, the spec asks for another search than the folder's, or
                another process runs it.

        Example:
            >>> sweep = sb.Sweep.open("runs/tiny")
            >>> sweep.resume(trials=2).state.ended  # all have ended already; trials=4 would run two more
            2
        """
        limits: dict[str, Any] = {
            "trials": trials,
            "time_budget": time_budget,
            "gpu_hours": gpu_hours,
            "cost_limit": cost_limit,
            "confirm": confirm,
        }
        given = {name: limit for name, limit in limits.items() if limit is not None}
        request = replace(self._request, **given)
        with begun_sweep(request, resume=True) as folder:
            return self._run(folder, ray_config, listener)

    def _run(
        self, folder: SweepFolder, ray_config: "RayConfig | None", listener: "Listener | None"
    ) -> "SweepOutcome":
        from sweepbox.tuning.ray_backend.launch import run_sweep

        return run_sweep(folder, ray_config=ray_config, listener=listener, is_held=True)

    @property
    def state(self) -> SweepState:
        """The sweep's state, read from its folder now; SweepError before `run`.

        Example:
            >>> state = sb.Sweep.open("runs/tiny").state
            >>> state.running, state.ended, state.spec.trials
            (False, 2, 2)
        """
        return load_sweep(self.folder if self._request.uri is None else local_sweep(self._request.uri))

    @property
    def best(self) -> "Best | None":
        """The best evaluation of all trials so far, None before the first.

        Example:
            >>> best = sb.Sweep.open("runs/tiny").best
            >>> best.value == best.metrics[best.metric]
            True
        """
        return self.state.best

    @property
    def trials(self) -> Trials:
        """The trials so far, read from the sweep's folder now.

        Example:
            >>> [trial.id for trial in sb.Sweep.open("runs/tiny").trials]
            ['0000', '0001']
        """
        return Trials(self.state)

    def export(
        self,
        out: StrPath,
        *,
        format: ExportFormat = SAVED_MODEL,  # noqa: A002 - the option of the command
        input_type: str = DEFAULT_INPUT_TYPE,
        tune_post_processing: bool | None = None,
        precision: float | None = None,
        data: StrPath | None = None,
        overwrite: bool = False,
    ) -> "ExportedModel | ExportedCheckpoint":
        """Export the best checkpoint of all trials; the arguments are those of `export`.

        Example:
            >>> sb.Sweep.open("runs/tiny").export("winner").directory
            PosixPath('winner')
        """
        return export(
            self._request.uri or self.folder,
            out,
            format=format,
            input_type=input_type,
            tune_post_processing=tune_post_processing,
            precision=precision,
            data=data,
            overwrite=overwrite,
        )
