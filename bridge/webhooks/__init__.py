"""Webhooks to endpoints and callbacks: signed, kept from private networks, retried."""
