"""The OpenAPI description, made from the models that validate requests."""
