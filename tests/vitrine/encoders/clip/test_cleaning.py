"""Cleaning of characters against ftfy, as open_clip calls it."""

import unicodedata

import tensorflow as tf

from vitrine.encoders.clip.cleaning import Cleaning


def cleaned(texts: list[str]) -> list[str]:
    """Clean texts, and do what the tokenizer does after it: compose characters, and split at white space."""
    decoded = [text.decode() for text in Cleaning()(tf.constant([text.encode() for text in texts])).numpy()]
    return [" ".join(unicodedata.normalize("NFC", text).split()) for text in decoded]


def test_every_character_of_the_planes_in_use_is_cleaned_as_by_ftfy(reference):
    points = [point for point in range(0x30000) if not 0xD800 <= point < 0xE000]
    texts = [f"x{chr(point)}y" for point in points]
    pairs = zip(cleaned(texts), reference("open_clip.clean", texts=texts), strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == []


def test_texts_of_shops_are_cleaned_as_by_ftfy(reference):
    texts = [
        "it’s a “mug”",
        "ﬁne ＣＯＦＦＥＥ　ｍｕｇ",
        "12\u2033 × 5\u2032",
        "\ufeffred\x00 mug\x0b",
        "naïve – façade…",
        "ｶﾞﾗｽ",
    ]
    assert cleaned(texts) == reference("open_clip.clean", texts=texts)
