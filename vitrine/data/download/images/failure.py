"""Why a picture could not be had."""

from typing import Final

UNREACHABLE: Final = "unreachable"
TOO_SLOW: Final = "too slow"
REFUSED: Final = "refused"
"""By us: no address that a download may connect to."""
NOT_TRIED: Final = "not tried"

NETWORK: Final = {UNREACHABLE, TOO_SLOW}


class ImageFailure(Exception):  # noqa: N818 - ordinary, and never shown as an error
    """One picture could not be had.

    Attributes:
        kind: the reason in a word or two, by which failures are counted.
        detail: what exactly happened.
        again: whether another attempt may go better.
        after: seconds to wait before it, where the server said so.
    """

    def __init__(self, kind: str, detail: str, again: bool = False, after: float | None = None) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind, self.detail, self.again, self.after = kind, detail, again, after
