"""Interrupts of commands in tests."""

import signal


def enable_interrupts() -> None:
    """Restore the default of SIGINT, which shells ignore in background processes and their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
