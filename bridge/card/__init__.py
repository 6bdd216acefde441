"""Draws an interaction as Slack blocks; pure. Kinds call `frame`."""
