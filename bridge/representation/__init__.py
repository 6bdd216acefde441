"""The JSON that the API, its events and webhooks return for stored rows. Pure: no I/O and no clock."""
