"""Which arm of an experiment a user is in: computed from the user's id, so that nothing is stored. Imports no NumPy."""

import hashlib
import math
import secrets
from collections.abc import Mapping
from typing import Final, Self

from pydantic import Field, model_validator

from vitrine.settings import Section

_TOLERANCE: Final = 1e-6


class Experiment(Section):
    """An experiment's arms and the share of users that each gets."""

    name: str = Field(min_length=1)
    shares: dict[str, float] = Field(min_length=1, description="by arm; they sum to 1")
    salt: str = Field("", description="another one deals the users anew; empty: the name")

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        check_shares(self.shares)
        return self

    def arm(self, user: str) -> str:
        """The arm of a user; see `arm_of`."""
        return arm_of(self.salt or self.name, self.shares, user)


def check_shares(shares: Mapping[str, float]) -> None:
    """Raises ValueError unless the arms have names and their shares are at least 0 and sum to 1."""
    if not all(arm and math.isfinite(share) and share >= 0 for arm, share in shares.items()):
        raise ValueError("each arm needs a name and a share of at least 0")
    if abs(sum(shares.values()) - 1) > _TOLERANCE:
        raise ValueError(f"the shares of the arms sum to {sum(shares.values()):g}, not to 1")


def arm_of(salt: str, shares: Mapping[str, float], user: str) -> str:
    """The arm of a user: always the same one, on every machine.

    Weighted rendezvous hashing: each arm draws an exponential variable at the rate of its share, seeded by salt, user
    and arm, and the smallest one wins. An arm is therefore won with the probability of its share, and with other
    shares only those users move whom the change forces to, unlike with consecutive ranges of one hash (Moulton and
    Jiang 2018, "Maximally Consistent Sampling and the Jaccard Index of Probability Distributions": no method that
    looks at one set of shares at a time moves fewer in all cases).

    Args:
        salt: Of the experiment. Assignments with different salts are independent.
        shares: By arm, at least 0, one of them more.
        user: An opaque id.
    """
    return min((arm for arm in shares if shares[arm] > 0), key=lambda arm: _draw(salt, user, arm) / shares[arm])


def new_user_id() -> str:
    """A random id for a user who has none, to be kept in a cookie: 128 bits, letters that a cookie may hold."""
    return secrets.token_urlsafe(16)


def _draw(salt: str, user: str, arm: str) -> float:
    """An exponential variable of rate 1, from a hash of the three."""
    key = f"{len(salt)}:{len(user)}:{salt}{user}{arm}".encode(errors="surrogatepass")
    number = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
    return -math.log((number + 0.5) / 2**64)
