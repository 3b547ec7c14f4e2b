"""Measures the latency of a detector in a process of its own, so that the caller does not load Keras."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.backends import Backend
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.model.precision import Precision
from sweepbox.tuning.trial.process import prepare_process

LONGEST_S = 900.0


@dataclass(frozen=True)
class LatencyRequest:
    """How a latency is measured: the share of the machine, the backend and the number format."""

    cpus: float = 1.0
    gpus: float = 0.0
    backend: str = Backend.TENSORFLOW.value
    precision: str = Precision.FLOAT32.value


@dataclass(frozen=True)
class MeasuredLatency:
    """The milliseconds of one image, and the device."""

    latency_ms: float
    device: str


def measure_latency(ssd: pb.Ssd, request: LatencyRequest) -> MeasuredLatency:
    """Return a detector's latency on this machine's first GPU, or on its processor without `gpus`.

    SweepError where the process fails.
    """
    command = [sys.executable, "-m", __name__, json.dumps(asdict(request))]
    try:
        done = subprocess.run(  # noqa: S603 - this module itself
            command,
            input=ssd.SerializeToString(),
            capture_output=True,
            timeout=LONGEST_S,
            check=True,
            start_new_session=True,  # an interrupt of the terminal lets it end
        )
    except subprocess.TimeoutExpired:
        raise SweepError(f"latency_ms: the measurement took over {LONGEST_S:g} s; leave the cost out") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {error.returncode}"]
        raise SweepError(f"latency_ms: the measurement failed: {lines[-1]}") from error
    return MeasuredLatency(**json.loads(done.stdout.splitlines()[-1]))


def _main(text: str, message: bytes) -> None:
    request = LatencyRequest(**json.loads(text))
    prepare_process(cpus=request.cpus, gpus=request.gpus, backend=Backend(request.backend))
    from sweepbox.detection.core.devices import current_device
    from sweepbox.detection.runner.latency import measure_latency_ms

    latency_ms = measure_latency_ms(pb.Ssd.FromString(message), precision=Precision(request.precision))
    print(json.dumps(asdict(MeasuredLatency(latency_ms, current_device().name))))  # noqa: T201 - its answer


if __name__ == "__main__":
    _main(sys.argv[1], sys.stdin.buffer.read())
