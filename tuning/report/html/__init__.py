"""The report as a web page: one file with its script, style, charts library and data."""
