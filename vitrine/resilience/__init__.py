"""Resilience of calls: circuit breakers, and the waits that servers ask for."""
