"""The names of the files in a checkpoint folder; see `detection.checkpoint.folder`."""

CONFIG_FILE = "pipeline.config"
WEIGHTS_FILE = "weights.npz"
METRICS_FILE = "metrics.json"
