"""What may a person write? The schema of sweep files, their reading and writing."""
