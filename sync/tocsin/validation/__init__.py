"""What `tocsin validate` reports: findings selected, suppressed, accepted by a baseline, or of a change alone."""
