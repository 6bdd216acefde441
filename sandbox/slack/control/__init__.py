"""The control API below `/sandbox/`, for the page, tests and scripts on this machine; one resource per file."""
