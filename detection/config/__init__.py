"""`pipeline.config`: schema, reading, typed edits, differences, and the checks before training."""
