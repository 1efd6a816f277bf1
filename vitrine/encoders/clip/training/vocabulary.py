"""Learning of a CLIP tokenizer's byte-pair vocabulary from the catalogue (Sennrich et al. 2016)."""

import json
from collections.abc import Iterable
from typing import Final

from tokenizers import AddedToken, Tokenizer
from tokenizers.trainers import BpeTrainer

from vitrine.encoders.clip.byte_pair_encoding import END_OF_WORD, byte_letters
from vitrine.encoders.clip.tokenizer import END, START, clip_tokenizer

RARE: Final = 2
"""Smallest frequency of a merged pair, so that rare strings such as typos are split into known pieces."""


def learn_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """Learn at most `size` tokens from the texts; the same texts give the same tokenizer.

    Every byte has a token, so that any string can be encoded. As in CLIP, the ids are ordered: letters, letters at the
    end of a word, merged pairs in the order of learning, and the two special tokens.
    """
    letters = [letter + suffix for suffix in ("", END_OF_WORD) for letter in byte_letters()]
    special = [AddedToken(token, normalized=False, special=True) for token in (START, END)]
    learner = clip_tokenizer(_ids(letters), [], special)
    trainer = BpeTrainer(
        vocab_size=size - len(special),
        min_frequency=RARE,
        # As special tokens, the letters have fixed ids, which break ties between pairs. Letters that the trainer finds
        # itself are numbered in an order that changes from run to run.
        special_tokens=letters,
        end_of_word_suffix=END_OF_WORD,
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    merges = [(first, second) for first, second in json.loads(learner.to_str())["model"]["merges"]]
    return clip_tokenizer(_ids([*letters, *(first + second for first, second in merges)]), merges, special)


def _ids(tokens: list[str]) -> dict[str, int]:
    return {token: index for index, token in enumerate(dict.fromkeys([*tokens, START, END]))}
