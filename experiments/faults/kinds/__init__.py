"""The kinds of faults, a file for each cause; `table.py` names them."""
