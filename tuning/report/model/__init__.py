"""The typed model of a sweep that the report page and `sweepbox status --json` share."""
