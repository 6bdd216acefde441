"""Restarts replicas one after the other behind nginx and HAProxy, under load, and counts what was lost."""
