"""Write a checkpoint folder with random weights, or export one. The export benchmark starts from these.

python -m experiments.benchmarks.ours.checkpoint --config C --records FOLDER --out FOLDER
python -m experiments.benchmarks.ours.checkpoint --export FOLDER --out FOLDER
"""

import argparse
import json
import time
from pathlib import Path

from experiments.benchmarks.ours.settings import choose_backend, run_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--records", type=Path)
    parser.add_argument("--export", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    choose_backend()
    started = time.perf_counter()
    if options.export is not None:
        from sweepbox.detection.export.saved_model import export_detector

        export_detector(options.export, options.out, overwrite=True)
    else:
        from sweepbox.detection.runner import TrainingRun

        run = TrainingRun(run_settings(options.config, options.records, batch_size=2))
        run.save_weights(options.out)
        run.close()
    print(json.dumps({"seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
