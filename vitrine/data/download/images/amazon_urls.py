"""Addresses of Amazon's pictures that no longer resolve as they were published."""

import re
from typing import Final

EXPERIMENT: Final = re.compile(r"/images/W/[^/]+/images/")
"""About half of the addresses in SQID name a bucket of an experiment that has ended; the picture is at `/images/`."""


def repair_url(url: str) -> str:
    """The address without the ended experiment's part; any other address as it is."""
    return EXPERIMENT.sub("/images/", url, count=1)
