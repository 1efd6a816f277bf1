"""Repair of Amazon's image addresses that no longer resolve as they were published."""

import re
from typing import Final

EXPERIMENT: Final = re.compile(r"/images/W/[^/]+/images/")
"""About half of the addresses in SQID name a bucket of an experiment that has ended; the image is at `/images/`."""


def repair_url(url: str) -> str:
    """Remove the ended experiment's part of the address; return any other address as it is."""
    return EXPERIMENT.sub("/images/", url, count=1)
