"""The Arrow file of a record set: what stands in it, how it is written, how damage is noticed."""
