"""Failures of image downloads."""

from typing import Final

UNREACHABLE: Final = "unreachable"
TOO_SLOW: Final = "too slow"
REFUSED: Final = "refused"
"""The address policy or the URL's form forbids the request."""
NOT_TRIED: Final = "not tried"

NETWORK: Final = {UNREACHABLE, TOO_SLOW}


class ImageFailure(Exception):  # noqa: N818 - an ordinary outcome, never shown as an error
    """A failed download of one image.

    Attributes:
        kind: the reason in a word or two; failures are counted by it.
        detail: the exact reason.
        retryable: whether another attempt may succeed.
        after: seconds to wait before it, if the server gave them.
    """

    def __init__(self, kind: str, detail: str, retryable: bool = False, after: float | None = None) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind, self.detail, self.retryable, self.after = kind, detail, retryable, after
