"""Work on one machine of the cluster."""

from typing import Any


def on_node(node_id: str, function: Any) -> Any:
    """Return a function as a task of Ray that runs on one node and takes no share of it."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    strategy = NodeAffinitySchedulingStrategy(node_id, soft=False)
    return ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=strategy)(function)
