"""How do all trials come together? Creating, managing, resuming and reading a sweep."""
