"""Trials in parallel on Ray Tune; the only package that imports Ray."""
