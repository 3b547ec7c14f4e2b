"""Real learning curves of detectors, recorded once and committed."""
