"""The names of the package's public face that concern sweeps; `sweepbox` re-exports them."""
