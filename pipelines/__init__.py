"""The order: what runs after what."""
