"""Training one detector: schedules, optimizers, the compiled step, the log, the best checkpoint."""
