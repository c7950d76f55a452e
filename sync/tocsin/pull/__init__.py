"""Pull: what runs on a target, brought back into the files that people wrote."""
