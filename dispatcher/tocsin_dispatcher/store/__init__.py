"""What the dispatcher keeps: revisions, incidents, alerts, timers, deliveries, attempts, tokens, audit."""
