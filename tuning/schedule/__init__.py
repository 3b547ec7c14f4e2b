"""When does a trial stop? One file per rule: pure functions of state and report, without Ray."""
