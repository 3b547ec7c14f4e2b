"""The training of one detector: schedules, optimizers, the compiled step, the log, the best checkpoint."""
