"""Injects faults into real sweeps of tiny trials, and checks after each what docs/reliability.md promises."""
