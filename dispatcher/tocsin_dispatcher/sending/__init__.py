"""Sending: one step of a message to its receiver, and what may be kept of it.

`step.run_step` renders, sends and judges; `http.Sender` speaks HTTP within limits; `egress` decides where to.
"""
