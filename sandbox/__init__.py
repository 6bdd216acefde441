"""A realistic fake Slack and a disposable PostgreSQL for one development machine, on loopback only."""
