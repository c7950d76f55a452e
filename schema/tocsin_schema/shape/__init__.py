"""From parsed documents to models: what is wrong with their shape, and what is left of a broken one."""
