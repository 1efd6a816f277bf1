"""Resilience of calls: circuit breakers, rates, and the waits that servers ask for."""
