"""Sources on the hub."""

import pytest

from vitrine.errors import ConfigError
from vitrine.hub.repository import Repository, repository


def test_a_source_names_a_repository_and_a_revision():
    assert repository("hub:shop/clip-b.32") == Repository("shop/clip-b.32", "main")
    assert repository("hub:shop/clip@refs/pr/4") == Repository("shop/clip", "refs/pr/4")


@pytest.mark.parametrize(
    "source", ["hub:", "hub:name", "hub:a/b/c", "hub:a/b@", "hub:../b", "hub:a/b@../c", "hub:a/ b"]
)
def test_a_source_of_another_form_is_named(source):
    with pytest.raises(ConfigError, match=r"^'.*' is not of the form 'hub:ORG/NAME' or 'hub:ORG/NAME@REVISION'"):
        repository(source)
