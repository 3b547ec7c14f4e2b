"""The samplers: one file each, named in `table.py`."""
