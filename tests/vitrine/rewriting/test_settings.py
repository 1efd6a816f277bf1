import pytest
from pydantic import TypeAdapter, ValidationError

from vitrine.rewriting.settings import LlmSettings, OffSettings, RewritingSettings, RulesSettings

SETTINGS = TypeAdapter(RewritingSettings)


def test_the_kind_says_what_else_may_be_said():
    assert SETTINGS.validate_python({"kind": "off"}) == OffSettings()
    assert SETTINGS.validate_python({"kind": "rules", "min_count": 3}) == RulesSettings(min_count=3)
    with pytest.raises(ValidationError, match="min_count"):
        SETTINGS.validate_python({"kind": "off", "min_count": 3})
    with pytest.raises(ValidationError, match="magic"):
        SETTINGS.validate_python({"kind": "magic"})


@pytest.mark.parametrize(
    "url",
    ["https://models.example/v1/", "http://127.0.0.1:8000/v1", "http://localhost/v1", "http://[::1]:8000", "HTTPS://x"],
)
def test_urls_are_https_or_of_this_machine(url):
    assert LlmSettings(base_url=url, model="m").base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://models.example/v1", "takes https://"),
        ("http://127.0.0.1.models.example", "takes https://"),
        ("http://10.0.0.1", "takes https://"),
        ("ftp://127.0.0.1", "is not an http:// or https:// URL"),
        ("file:///etc/passwd", "is not an http:// or https:// URL"),
        ("https://", "is not an http:// or https:// URL"),
        ("https://[::1", "is not a URL"),
        ("https://x:99999", "is not a URL"),
        ("https://x/\n", "is not an http:// or https:// URL"),
        ("https://user:secret@x", "may hold no user"),
        ("https://x?key=secret", "may hold no user"),
    ],
)
def test_other_urls_are_refused_unseen(url, message):
    with pytest.raises(ValidationError, match=message) as refused:
        LlmSettings(base_url=url, model="m")
    assert "secret" not in str(refused.value)


def test_a_key_in_the_place_of_its_variables_name_is_refused_unseen():
    with pytest.raises(ValidationError, match="api_key_env") as refused:
        LlmSettings(base_url="https://x", model="m", api_key_env="sk-secret")
    assert "sk-secret" not in str(refused.value)
