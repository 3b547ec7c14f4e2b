"""What is tried next? The search space and the samplers."""
