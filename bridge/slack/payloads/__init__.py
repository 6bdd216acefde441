"""Parse the payloads of Slack: from bytes to a closed set of values. Pure."""
