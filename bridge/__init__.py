"""askbridge: agents ask, people in Slack answer, exactly once."""

__version__ = "0.1.0"
