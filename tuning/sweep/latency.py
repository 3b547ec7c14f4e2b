"""The latency of a sweep's detectors, measured by its driver where the objective names it."""

import logging

from sweepbox.detection.config.load import load_config
from sweepbox.detection.model.precision import AUTOMATIC, Precision
from sweepbox.tuning.objective.goal import LATENCY
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.latency import LatencyRecord, latency_path, write_latency
from sweepbox.tuning.trial.latency_process import LatencyRequest, measure_latency

logger = logging.getLogger(__name__)


class Latencies:
    """Measures each network with its post-processing once, before the first of its trials runs.

    The measurement blocks the driver, so that no trial starts meanwhile. Trials that run already continue; the
    record then says that the device was not idle.
    """

    def __init__(self, folder: SweepFolder, spec: SweepSpec) -> None:
        self._folder = folder
        self._is_wanted = LATENCY in Objective.of(spec.objective).metric_names
        share, precision = spec.resources_per_trial, spec.training.precision
        self._request = LatencyRequest(
            cpus=share.cpu,
            gpus=share.gpu,
            backend=spec.backend,
            precision=Precision.FLOAT32.value if precision == AUTOMATIC else precision,
        )
        self._known: set[str] = set()

    def measure(self, trial_id: str, *, is_idle: bool) -> None:
        """Measure the latency of a trial's detector where it is not recorded; SweepError where that fails."""
        if not self._is_wanted or trial_id in self._known:
            return
        ssd = load_config(self._folder.trial(trial_id).config).model.ssd
        path = latency_path(self._folder, ssd)
        if not path.is_file():
            measured = measure_latency(ssd, self._request)
            write_latency(path, LatencyRecord(measured.latency_ms, is_idle, measured.device))
            logger.info("trial %s: latency %.2f ms on %s", trial_id, measured.latency_ms, measured.device)
        self._known.add(trial_id)
