"""Synonyms from a file, in the format of Solr and Elasticsearch.

    # comment
    sofa, couch, settee          equal: each becomes the one that is most frequent in the catalogue
    telly, tv set => television  one way

Phrases have up to five words. If several match, the longest one is replaced.
"""

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from vitrine.errors import ConfigError
from vitrine.rewriting.rewrite import Change
from vitrine.text.words import Word, keys_of, tokenize

MAX_BYTES: Final = 4 << 20
MAX_WORDS: Final = 5
MAX_CHAIN: Final = 10
"""Maximum number of rules that are applied to one phrase."""

Phrase = tuple[str, ...]


class Synonyms:
    """Phrases and their replacements. `targets` maps a phrase to its replacement; a preferred phrase maps to itself."""

    def __init__(self, targets: Mapping[Phrase, str]) -> None:
        self._targets = targets
        self._longest = max(map(len, targets), default=0)

    @property
    def words(self) -> set[str]:
        """All words of the file."""
        return {word for phrase, target in self._targets.items() for word in (*phrase, *keys_of(target))}

    def replace(self, text: str) -> tuple[str, list[Change]]:
        """Replace the phrases of a text in normal form C, from left to right."""
        words, parts, changes = tokenize(text), [], []
        done = position = 0
        while position < len(words):
            length = self._match(words, position, text)
            if length:
                first, last = words[position], words[position + length - 1]
                phrase = tuple(word.key for word in words[position : position + length])
                if tuple(keys_of(self._targets[phrase])) != phrase:
                    changes.append(Change("synonym", text[first.start : last.end], self._targets[phrase]))
                    parts += [text[done : first.start], changes[-1].after]
                    done = last.end
            position += max(1, length)
        return "".join([*parts, text[done:]]), changes

    def _match(self, words: list[Word], position: int, text: str) -> int:
        """Return the number of words of the longest phrase at `position`, with only spaces and hyphens between them."""
        longest = 0
        phrase: Phrase = ()
        for length, word in enumerate(words[position : position + self._longest], 1):
            if length > 1 and text[words[position + length - 2].end : word.start].strip(" \t-"):
                break
            phrase += (word.key,)
            if phrase in self._targets:
                longest = length
        return longest


def read_synonyms(path: Path, vocabulary: Mapping[str, int]) -> Synonyms:
    """Read a file of synonyms.

    Raises:
        ConfigError: The file cannot be read, or has an invalid line, which the message names.
    """
    targets: dict[Phrase, str] = {}
    lines: dict[Phrase, int] = {}
    for number, line in enumerate(_content(path).split("\n"), 1):
        rule = line.partition("#")[0].strip()
        if not rule:
            continue
        where = f"{path}:{number}"
        left, arrow, right = rule.partition("=>")
        phrases = {_phrase(text, where): " ".join(text.split()) for text in left.split(",")}
        if "," in right:
            raise ConfigError(f"{where}: a query becomes one query, so that only one phrase may stand after =>")
        if arrow:
            _phrase(right, where)
            target = " ".join(right.split())
        elif len(phrases) < 2:
            raise ConfigError(f"{where}: expected `a, b` (equal) or `a => b` (one way), found '{rule[:80]}'")
        else:  # of equally frequent phrases, the first
            target = phrases[max(phrases, key=lambda phrase: min(vocabulary.get(word, 0) for word in phrase))]
        for phrase in phrases:
            if phrase in lines:
                raise ConfigError(f"{where}: '{' '.join(phrase)}' is in line {lines[phrase]} already")
            lines[phrase], targets[phrase] = number, target
    resolved = {phrase: _resolve(phrase, targets, f"{path}:{number}") for phrase, number in lines.items()}
    # A preferred phrase matches as a whole, so that `tv => tv set` does not change `tv set`.
    return Synonyms({tuple(keys_of(target)): target for target in resolved.values()} | resolved)


def _resolve(phrase: Phrase, targets: Mapping[Phrase, str], where: str) -> str:
    """Return the replacement of a phrase after all rules have been applied to it."""
    chain = [phrase]
    while (target := tuple(keys_of(targets.get(chain[-1], "")))) and target != chain[-1]:
        chain.append(target)
        if target in chain[:-1]:
            raise ConfigError(f"{where}: goes round in a circle: {' => '.join(' '.join(link) for link in chain)}")
        if len(chain) > MAX_CHAIN:
            raise ConfigError(f"{where}: '{' '.join(phrase)}' leads through more than {MAX_CHAIN} rules")
    return targets[chain[-1]] if chain[-1] in targets else targets[chain[-2]]


def _phrase(text: str, where: str) -> Phrase:
    phrase = tuple(keys_of(text))
    if not 1 <= len(phrase) <= MAX_WORDS:
        raise ConfigError(
            f"{where}: a phrase has one to {MAX_WORDS} words, and '{text.strip()[:80]}' has {len(phrase)}"
        )
    return phrase


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; rewriting.synonyms names a file of synonyms") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES >> 20} MiB")
    try:
        return unicodedata.normalize("NFC", content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8") from None
