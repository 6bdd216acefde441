"""A private PostgreSQL server on this machine that leaves nothing behind: see `cluster`."""
