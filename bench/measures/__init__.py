"""One file per subject of the table: each measures in the environment it is given, and returns its figures."""
