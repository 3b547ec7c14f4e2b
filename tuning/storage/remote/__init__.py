"""A sweep on a store without locks: manifests of whole parts, the driver's lease, and local mirrors."""
