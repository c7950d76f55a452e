"""Playing checks through the state machine that the dispatcher runs: what would fire when, and who would be told."""
