"""What is on disk? The layout of a sweep's folder and its records."""
