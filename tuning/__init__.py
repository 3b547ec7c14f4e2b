"""The sweep: many trials, their scheduling, and the choice of the winner."""
