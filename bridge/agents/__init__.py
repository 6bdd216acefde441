"""Agents' door: HTTP with a bearer key, JSON in and out, problems in words."""
