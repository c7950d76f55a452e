"""The contract of Tocsin: what a definition may say, and what it means.

Pure: no I/O but its own package data, no clock and no randomness of its own.
The command (`tocsin`) and the server (`tocsin_dispatcher`) both stand on it.
"""
