"""Reading YAML: from bytes to plain values, with the exact place of everything in them."""
