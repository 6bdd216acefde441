"""Races in the last milliseconds before a deadline, while readers read the interaction."""
