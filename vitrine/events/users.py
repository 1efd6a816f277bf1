"""Pseudonyms of users in an event log: keyed hashes, from which nobody without the key computes an id."""

import hmac
from collections.abc import Mapping
from typing import Final

from vitrine.errors import ConfigError

LENGTH: Final = 32
"""Hexadecimal digits of a pseudonym: 128 bits, so that two users do not share one."""
SHORTEST_KEY: Final = 16
"""Characters of a key; a shorter one could be guessed."""


class UserKey:
    """A key that replaces the ids of users by pseudonyms, or no key, which leaves them as they are."""

    def __init__(self, key: str = "") -> None:
        self._key = key.encode()

    def name(self, user: str) -> str:
        """Return the name of a user in the log: HMAC-SHA256 of the id (RFC 2104), truncated; "" remains ""."""
        if not self._key or not user:
            return user
        return hmac.digest(self._key, user.encode(errors="surrogatepass"), "sha256").hex()[:LENGTH]


def read_user_key(variable: str | None, setting: str, environment: Mapping[str, str]) -> UserKey:
    """Return the key in an environment variable, or no key without a variable.

    Args:
        variable: The variable's name.
        setting: The setting or the option that names it, for the message.
        environment: The environment.

    Raises:
        ConfigError: The variable is not set, or its key is too short.
    """
    if variable is None:
        return UserKey()
    key = environment.get(variable, "").strip()
    if len(key) < SHORTEST_KEY:
        found = f"holds only {len(key)} characters" if key else "holds no key"
        raise ConfigError(f"{setting}: the environment variable {variable} {found}; it takes {SHORTEST_KEY} or more")
    return UserKey(key)
