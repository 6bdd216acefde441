"""What Slack sends, from bytes to a closed set of values. Pure."""
