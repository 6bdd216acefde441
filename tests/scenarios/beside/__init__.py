"""The previous release beside this one on one database, while replicas die, stop, and lose their connections."""
