"""Races of agents, people and time for things, over two replicas; see `__main__`."""
