"""What counts as better? Metrics, directions, constraints and the order of checkpoints."""
