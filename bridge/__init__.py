"""askbridge: agents ask, people in Slack answer, exactly once."""

__version__ = "0.2.0"
