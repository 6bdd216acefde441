"""The part of the API about webhook endpoints and their deliveries."""
