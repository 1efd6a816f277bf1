"""Beam on Flink: the checks of a cluster, the supervision of its jobs, and the explanation of their failures."""
