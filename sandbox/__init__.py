"""A believable Slack and a throw-away PostgreSQL for one laptop, loopback only."""
