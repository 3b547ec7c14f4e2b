"""Trials in parallel on Ray Tune: the only room that knows Ray."""
