"""From checks to alerts: checks taken in, incidents stepped and recorded, timers that come due, definitions as they run."""
