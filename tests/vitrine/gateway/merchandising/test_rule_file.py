"""The file of rules, which one task follows while another one replaces it."""

import asyncio
from pathlib import Path

from vitrine.gateway.merchandising.rule_file import RuleFile
from vitrine.gateway.merchandising.rules import RuleSet


def rules(query: str) -> RuleSet:
    """Return so many rules that reading them takes a while."""
    rule = {"when": {"query": query}, "pin": ["red-mug"]}
    return RuleSet.model_validate({"rules": [{"name": f"rule-{number}", **rule} for number in range(200)]})


def test_rules_apply_when_replace_returns_while_the_file_is_followed(tmp_path: Path) -> None:
    file = RuleFile(tmp_path / "rules.yaml")
    queries = ["mug", "shoe", "lamp", "chair", "bag"]

    async def follow() -> None:
        while True:
            await file.follow()

    async def applied() -> list[str | None]:
        followers = [asyncio.create_task(follow()) for _ in range(2)]
        found = []
        for query in queries:
            book = await file.replace(rules(query), file.book.version)
            found.append(book.rules[0].when.query if book.rules else None)
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
        return found

    assert asyncio.run(applied()) == queries
