"""The commands, one file per verb: parsing and printing only."""
