"""HTTP for the agents' API: bodies, parameters, problems and JSON responses."""
