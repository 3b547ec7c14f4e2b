"""Which result of a sweep can be believed, and what is gained from it without training."""
