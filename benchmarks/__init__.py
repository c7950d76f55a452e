"""Measurements that are made by hand: `python -m benchmarks.validate`."""
