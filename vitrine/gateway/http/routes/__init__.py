"""The gateway's paths, a module a topic."""
