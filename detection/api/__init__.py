"""The functions of the package's public face that concern one detector; `sweepbox` re-exports them.

They take paths as text or as `Path`; what they call takes `Path` alone.
"""
