"""What the dispatcher tells of itself: logs, metrics and traces."""
