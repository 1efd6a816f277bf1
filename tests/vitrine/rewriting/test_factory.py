import asyncio

from tests.vitrine.rewriting.shop import VOCABULARY
from vitrine.rewriting.factory import build_rewriter
from vitrine.rewriting.rewrite import Rewrite
from vitrine.rewriting.settings import OffSettings, RulesSettings


async def rewritten(settings) -> Rewrite:
    rewriter = build_rewriter(settings, VOCABULARY)
    try:
        return await rewriter.rewrite("lether")
    finally:
        await rewriter.close()


def test_off_passes_queries_as_they_are():
    assert asyncio.run(rewritten(OffSettings())) == Rewrite("lether", (), "off")


def test_rules_rewrite_after_the_vocabulary():
    assert asyncio.run(rewritten(RulesSettings())).query == "leather"
