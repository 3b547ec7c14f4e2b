"""One SSD detector: its data, model, training, evaluation, export and use."""
