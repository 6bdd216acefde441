"""One replica as a process: its settings, its parts put together, its listeners, health and metrics."""
