"""Plan, sync, drift, history and rollback: what runs on a target, and bringing it to what the files say."""
