"""Webhooks: what happens in runs, posted to an address of the user's, signed, and never in anybody's way."""
