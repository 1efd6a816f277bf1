import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.errors import ConfigError
from vitrine.events.users import LENGTH, UserKey, read_user_key

KEY = "a key of the shop, 32 characters"


@given(st.text(min_size=1), st.text(min_size=1))
def test_users_have_one_pseudonym_each(first: str, second: str) -> None:
    key = UserKey(KEY)
    assert (key.name(first) == key.name(second)) == (first == second)
    assert len(key.name(first)) == LENGTH


def test_the_pseudonym_is_the_hmac_that_others_compute() -> None:
    # printf 4711 | openssl dgst -sha256 -hmac "a key of the shop, 32 characters"
    import hashlib
    import hmac

    assert UserKey(KEY).name("4711") == hmac.new(KEY.encode(), b"4711", hashlib.sha256).hexdigest()[:32]


def test_another_key_gives_another_pseudonym() -> None:
    assert UserKey(KEY).name("ann") != UserKey(KEY[::-1]).name("ann")


def test_without_a_key_or_a_user_nothing_changes() -> None:
    assert UserKey().name("ann") == "ann"
    assert UserKey(KEY).name("") == ""


def test_a_key_is_read_from_its_variable() -> None:
    assert read_user_key("USER_KEY", "log.user_key_env", {"USER_KEY": f" {KEY}\n"}).name("a") == UserKey(KEY).name("a")
    assert read_user_key(None, "log.user_key_env", {}).name("a") == "a"


@pytest.mark.parametrize(("key", "problem"), [(None, "holds no key"), ("short", "only 5 characters")])
def test_a_missing_or_short_key_is_an_error_that_does_not_show_it(key: str | None, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        read_user_key("USER_KEY", "log.user_key_env", {"USER_KEY": key} if key else {})
    assert "short" not in str(caught.value)
