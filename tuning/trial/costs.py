"""The costs of a trial's detector, which each of its evaluations reports beside the metrics of quality."""

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.tuning.objective.goal import LATENCY
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.latency import latency_path, read_latency


def costs_of(folder: SweepFolder, ssd: pb.Ssd, objective: Objective) -> dict[str, float]:
    """Return `parameters` and `gflop` of a network, and the recorded `latency_ms` where the objective names it.

    It loads Keras. SweepError where the latency's record is missing or damaged.
    """
    from sweepbox.detection.model.cost import network_cost

    cost = network_cost(ssd)
    costs = {"parameters": float(cost.parameters), "gflop": cost.gflop}
    if LATENCY in objective.metric_names:
        costs[LATENCY] = read_latency(latency_path(folder, ssd)).latency_ms
    return costs
