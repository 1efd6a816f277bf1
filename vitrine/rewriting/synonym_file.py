"""Changes of a file of synonyms: one rule more, by one writer at a time."""

from pathlib import Path

from vitrine.errors import ConfigError
from vitrine.files.locking import LockedError, exclusive
from vitrine.files.replacing import replace_file
from vitrine.rewriting.synonyms import read_synonyms
from vitrine.text.words import keys_of


def add_rule(path: Path, words: str, replacement: str) -> None:
    """Add the rule `words => replacement` to a file of synonyms, if the file is valid with it.

    Args:
        path: The file, which exists.
        words: The phrase to replace.
        replacement: The phrase that replaces it.

    Raises:
        ConfigError: The file would be invalid, for example because it has a rule for the phrase; it is unchanged.
    """
    for text in (words, replacement):
        if any(mark in text for mark in ("#", ",", "=>", "\n", "\r")):
            raise ConfigError(f"{text!r}: a phrase has words only, without '#', ',' and '=>'")
    if keys_of(words) == keys_of(replacement):
        raise ConfigError(f"{words!r} and {replacement!r} are the same words")
    try:
        with exclusive(path), replace_file(path) as partial:
            content = path.read_bytes()
            newline = b"" if not content or content.endswith(b"\n") else b"\n"
            rule = f"{' '.join(words.split())} => {' '.join(replacement.split())}\n"
            partial.write_bytes(content + newline + rule.encode())
            try:
                read_synonyms(partial, {})
            except ConfigError as error:
                raise ConfigError(str(error).replace(str(partial), str(path))) from None
    except LockedError:
        raise ConfigError(f"{path}: another process is changing it; try again") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; rewriting.synonyms names a file of synonyms") from None
