"""Assignment of users to the arms of an experiment, by a hash of the user's id, without storage. Imports no NumPy."""

import hashlib
import math
import secrets
from collections.abc import Mapping
from typing import Final, Self

from pydantic import Field, model_validator

from vitrine.settings import Section

_TOLERANCE: Final = 1e-6


class Experiment(Section):
    """An experiment's arms, with the share of users in each."""

    name: str = Field(min_length=1)
    shares: dict[str, float] = Field(min_length=1, description="by arm; they sum to 1")
    salt: str = Field("", description="a different salt gives a new, independent assignment; empty: the name")

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        check_shares(self.shares)
        return self

    def arm(self, user: str) -> str:
        """Return the arm of a user; see `assign_arm`."""
        return assign_arm(self.salt or self.name, self.shares, user)


def check_shares(shares: Mapping[str, float]) -> None:
    """Check that the arms have names and that their shares are at least 0 and sum to 1.

    Raises:
        ValueError: They do not.
    """
    if not all(arm and math.isfinite(share) and share >= 0 for arm, share in shares.items()):
        raise ValueError("each arm needs a name and a share of at least 0")
    if abs(sum(shares.values()) - 1) > _TOLERANCE:
        raise ValueError(f"the shares of the arms sum to {sum(shares.values()):g}, not to 1")


def assign_arm(salt: str, shares: Mapping[str, float], user: str) -> str:
    """Return the arm of a user: always the same one, on every machine.

    The method is weighted rendezvous hashing: each arm draws an exponential variable at the rate of its share, seeded
    by salt, user and arm, and the smallest one wins. So an arm wins with the probability of its share. If the shares
    change, only the users whom the change forces to move do so, unlike with consecutive ranges of one hash (Moulton
    and Jiang 2018, "Maximally Consistent Sampling and the Jaccard Index of Probability Distributions": no method that
    looks at one set of shares at a time moves fewer in all cases).

    Args:
        salt: The experiment's salt. Assignments with different salts are independent.
        shares: The share of each arm, at least 0; one of them is positive.
        user: An opaque id.
    """
    return min((arm for arm in shares if shares[arm] > 0), key=lambda arm: _draw(salt, user, arm) / shares[arm])


def new_user_id() -> str:
    """Return a random id for a new user, to be kept in a cookie: 128 bits, in characters that a cookie may hold."""
    return secrets.token_urlsafe(16)


def _draw(salt: str, user: str, arm: str) -> float:
    """Return an exponential variable of rate 1, computed from a hash of salt, user and arm."""
    key = f"{len(salt)}:{len(user)}:{salt}{user}{arm}".encode(errors="surrogatepass")
    number = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
    return -math.log((number + 0.5) / 2**64)
