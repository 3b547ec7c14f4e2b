"""The Arrow file of a record set: columns and metadata, writing, checksums."""
