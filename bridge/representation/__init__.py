"""What the API, its events and webhooks show of stored rows. Pure: no I/O and no clock."""
