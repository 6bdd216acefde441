"""SQL as package data: migrations and named statements."""
