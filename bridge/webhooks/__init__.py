"""Answers carried to where agents said: signed, guarded, tried again."""
