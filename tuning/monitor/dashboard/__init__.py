"""The dashboard server: the live report, TensorBoard and optuna-dashboard on one port, for reading only."""
