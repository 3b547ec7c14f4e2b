"""Run empty Ray Tune trials, with actor reuse, one at a time.

python -m experiments.benchmarks.ours.empty_trials --trials 100
"""

import argparse
import json
import tempfile
import time
from typing import Any

from sweepbox.tuning.ray_backend.cluster import arrange_environment, ray_session


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, required=True)
    options = parser.parse_args()
    arrange_environment(None)
    from ray import tune

    class Empty(tune.Trainable):  # type: ignore[misc]
        """A trial with a single empty step."""

        def step(self) -> dict[str, Any]:
            """Report that the trial is done."""
            return {"score": 0.0, "done": True}

        def reset_config(self, _new_config: dict[str, Any]) -> bool:
            """Accept the next trial."""
            return True

        def save_checkpoint(self, _checkpoint_dir: str) -> None:
            """Save nothing."""

        def load_checkpoint(self, _checkpoint_dir: str) -> None:
            """Load nothing."""

    with tempfile.TemporaryDirectory() as folder, ray_session(address=None):
        tuner = tune.Tuner(
            tune.with_resources(Empty, {"cpu": 1}),
            param_space={"x": tune.uniform(0, 1)},
            tune_config=tune.TuneConfig(num_samples=options.trials, reuse_actors=True, max_concurrent_trials=1),
            run_config=tune.RunConfig(
                storage_path=folder,
                verbose=0,
                log_to_file=False,
                checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=0, checkpoint_at_end=False),
            ),
        )
        started = time.perf_counter()
        tuner.fit()
        seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
