from pathlib import Path

from vitrine.gateway.http.openapi import schema_text


def test_the_schema_that_the_pages_client_is_made_from_is_this_one() -> None:
    committed = Path("web/openapi.json").read_text(encoding="utf-8")
    assert schema_text() == committed, "run: python -m vitrine.gateway.http.openapi > web/openapi.json"
