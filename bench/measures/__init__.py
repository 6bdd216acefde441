"""One file per subject of the table: each measures on the ground it is given, and says what it found as figures."""
