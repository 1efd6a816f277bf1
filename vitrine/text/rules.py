"""Rules of the text analysis: regular expressions and their replacements, applied in this order.

They are in RE2's syntax and name no class of Unicode characters, so that Arrow and TensorFlow, which link different
versions of RE2, read them alike. RE2 has no look-around, and one digit after a backslash names a group.
"""

from typing import Final

from vitrine.text.units import UNITS

Rule = tuple[str, str]

JOINED: Final = "+"
"""Mark of a term that joins the terms before it, once for each of them. Folded texts have no such sign."""

_IDEOGRAPH: Final = "[々ぁ-ゖァ-ヺー\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff][\u3099\u309a]?"
"""A character of a script without spaces, with its mark of voicing."""

_NUMBER: Final = r"[0-9]+(?:[.~][0-9]+)?(?:/[0-9]+)?"

_NUMBERS: Final[tuple[Rule, ...]] = (
    (r"\b([0-9]+),([0-9]{3})\b", r"\1\2"),
    (r"\b([0-9]+),([0-9]{3})\b", r"\1\2"),
    (r"(^|[^0-9a-z])\.([0-9])", r"\10.\2"),
    (r"([0-9]['\"]?) ?x ?([0-9])", r"\1 \2"),
    (r"([0-9]['\"]?) ?x ?([0-9])", r"\1 \2"),
    (r"\b([0-9]+)[ -]([0-9]+/[0-9])", r"\1~\2"),
    (r"(^|[^0-9./~])([1357]/[248])\b", r"\10~\2"),
    *(
        (rf"\b([0-9]+)~{part}/{whole}\b", rf"\1{str(part / whole)[1:]}")
        for whole in (2, 4, 8)
        for part in range(1, whole, 2)
    ),
    (r"\b([0-9]+),([0-9]{1,2} ?[a-z]{1,2}\b)", r"\1.\2"),
    (r"\b([0-9]+)[ -]in[ -](?:1|one)\b", r"\1in1"),
)
"""Numbers: 1,500 as 1500, .5 and 1/2 as 0.5, 1-1/2 as 1.5, and 5/16 as one term; 24x36 as two."""


def _spellings(unit: str) -> str:
    return "|".join(sorted(filter(str.isalpha, UNITS[unit]), key=len, reverse=True))


_MEASURES: Final[tuple[Rule, ...]] = (
    *((rf"\b({_NUMBER})[ -]?(?:{_spellings(unit)})\b\.?", rf"\1 +\1{unit} ") for unit in UNITS),
    (rf"\b({_NUMBER}) ?(?:\"|'')", r"\1 +\1inch "),
    (rf"\b({_NUMBER}) ?'", r"\1 +\1ft "),
    (rf"\+({_NUMBER}ft)[ -]+({_NUMBER}) \+({_NUMBER}inch)\b", r"\2 ++\1\3"),
    # Metric units are converted: zeros are appended, then the point is moved by three digits (<) or by one (>).
    (r"\b([0-9]+)\.?([0-9]*)l\b", r"\1.\2000<ml"),
    (r"\b([0-9]+)\.?([0-9]*)kg\b", r"\1.\2000<g"),
    (r"\b([0-9]+)\.?([0-9]*)m\b", r"\1.\2000<mm"),
    (r"\b([0-9]+)\.?([0-9]*)cl\b", r"\1.\20>ml"),
    (r"\b([0-9]+)\.?([0-9]*)cm\b", r"\1.\20>mm"),
    (r"\b0*([0-9]+)\.([0-9]{3})([0-9]*)<", r"\1\2.\3"),
    (r"\b0*([0-9]+)\.([0-9])([0-9]*)>", r"\1\2.\3"),
    (r"\b0+([0-9]+\.[0-9]*(?:ml|g|mm)\b)", r"\1"),
    (r"\b([0-9]+\.[0-9]*[1-9])0+([a-z]+)\b", r"\1\2"),
    (r"\b([0-9]+)\.0*([a-z]+)\b", r"\1\2"),
)
"""A number, then with its unit as one term: 450ml for 450 mL, 0.45 l and 45 cl; 5ft6inch for 5'6"."""

_COMPOUNDS: Final[tuple[Rule, ...]] = (
    # T shirt and e bike, but neither articles nor sizes (a, i; l, m, s).
    (r"\b([b-hj-kn-rt-z]) ([a-z]{3,})\b", r"\1-\2"),
    (r"\b([a-z]+[0-9]+) ([a-z]+[0-9]+)\b", r"\1-\2"),
    (r"\b([a-z]{2,})([0-9]{2,})\b", r"\1-\2"),
    (r"\b([a-z0-9]+)-([a-z0-9]+)-([a-z0-9]+)\b", r"\1 \2 \3 +++\1\2\3"),
    (r"\b([a-z0-9]+)-([a-z0-9]+)\b", r"\1 \2 ++\1\2"),
)
"""Hyphenated words and model numbers: their parts, then the whole without separators."""

_SCRIPTS: Final[tuple[Rule, ...]] = (
    (f"((?:{_IDEOGRAPH})+)", r" \1 "),
    (f"({_IDEOGRAPH})", r"\1\1"),
    (f" {_IDEOGRAPH}({_IDEOGRAPH})", r" \1"),
    (f"({_IDEOGRAPH})({_IDEOGRAPH})", r"\1\2 "),
)
"""Ideographs and kana: each pair of neighbours, and the last character; a Japanese or Chinese noun ends in its head."""

_SEPARATORS: Final[tuple[Rule, ...]] = (
    (r"'", ""),
    (r"[\",~<>-]+", " "),
    (r"[./]+([^0-9]|$)", r" \1"),
    (r"(^|[^0-9])[./]+", r"\1 "),
)

TEXT_RULES: Final[tuple[Rule, ...]] = (
    (r"([a-z0-9])'s\b", r"\1"), *_NUMBERS, *_MEASURES, *_COMPOUNDS, *_SCRIPTS, *_SEPARATORS,
)  # fmt: skip
"""Rules for a folded text; spaces then separate its terms."""

TERM_RULES: Final[tuple[Rule, ...]] = (
    (r"^(wo|fire|sales|crafts|sports|work|gentle|)mens?$", r"\1man"),
    (r"^children$", "child"),
    (r"^feet$", "foot"),
    (r"^teeth$", "tooth"),
    (r"^geese$", "goose"),
    (r"^(m|l|dorm)ice$", r"\1ouse"),
    (r"^([a-z]*kni|wi|li)ves$", r"\1fe"),
    (r"^([a-z]*shel|[a-z]*scar|hal|cal|lea|loa|thie|wol|hoo|dwar|el)ves$", r"\1f"),
    (r"^(bus|lens|gas|canvas|atlas|iris|christmas|virus|bonus|cactus|campus|circus|walrus|octopus)es$", r"\1"),
    (r"^(potato|tomato|hero|echo|mango|mosquito|volcano|cargo|domino|torpedo|tornado)es$", r"\1"),
    (r"^(bikini|ski|taxi|kiwi|safari|mini|menu|guru|emu)s$", r"\1"),
    # Cookie and cookies meet in -y, as battery and batteries do, but not tie and ties.
    (r"^([^0-9]+[^aeiou0-9])ies?$", r"\1y"),
    (r"^([^0-9]*(?:x|ch|sh|ss|zz))es?$", r"\1"),
    (r"^([^0-9]{2,}[^usi0-9])s$", r"\1"),
)
"""Inflection of English nouns: irregular plurals, then Harman's S-stemmer (1991, "How effective is suffixing?", JASIS
42(1)) with -es after hissing sounds."""

INFLECTED: Final = r"[^0-9]*(?:s|ie|[hsxz]e|ice|feet|teeth|men|children)"
"""Pattern of all words that `TERM_RULES` change, and of others: where most words do not match, it spares the rules."""
