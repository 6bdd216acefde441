"""Forms in Slack: opened for a click, decided when they are sent, and told when their question has ended."""
