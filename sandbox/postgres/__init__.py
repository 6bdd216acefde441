"""A PostgreSQL of one's own, on this machine, that leaves nothing behind: see `cluster`."""
