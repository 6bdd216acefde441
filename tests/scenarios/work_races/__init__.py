"""Races for work items: agents and people lease from one backlog over two replicas, which are killed meanwhile."""
