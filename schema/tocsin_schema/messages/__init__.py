"""From an integration, a message type and an alert to the exact requests."""
