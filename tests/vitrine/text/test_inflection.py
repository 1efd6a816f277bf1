from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.text.analysis import analyse, word_counts
from vitrine.text.inflection import Vocabulary, other_forms

GERMAN = (
    "Tasse aus Porzellan mit Henkel",
    "Tisch für die Küche und Stühle",
    "Bilder und eine Lampe von der Marke",
    "Glas und Schuh, Handtücher, Uhr, Kerzen und Gitarre in rot",
    "ein Haus und das Buch",
)
FRENCH = ("chapeau pour la plage", "les bijoux et le journal", "lampe de la table avec une chaussure verte")
SPANISH = ("el reloj de color con luces", "zapatos para la cama y una cámara", "el pantalón rojo del niño, lápiz")
ENGLISH = ("the red mug with a lid", "a lamp for the home", "boots and shoes for the garden")


def terms(catalogue: Sequence[str], query: str) -> list[str]:
    forms = other_forms(word_counts(pa.array(catalogue)))
    return [forms.get(term, term) for term in analyse(query)]


@pytest.mark.parametrize(
    ("catalogue", "typed", "written"),
    [
        *[
            (GERMAN, *pair.split("/"))
            for pair in (
                "Tassen/Tasse", "Tische/Tisch", "Stuhl/Stühle", "Bild/Bilder", "Lampen/Lampe", "Gläser/Glas",
                "Schuhe/Schuh", "Handtuch/Handtücher", "Uhren/Uhr", "Kerze/Kerzen", "Gitarren/Gitarre", "Häuser/Haus",
                "rotes/rot", "Bücher/Buch",
            )
        ],
        *[
            (FRENCH, *pair.split("/"))
            for pair in ("chapeaux/chapeau", "bijou/bijoux", "journaux/journal", "lampes/lampe", "vert/verte")
        ],
        *[
            (SPANISH, *pair.split("/"))
            for pair in (
                "relojes/reloj", "colores/color", "luz/luces", "zapato/zapatos", "cámaras/cámara", "rojas/rojo",
                "pantalones/pantalón", "lápices/lápiz", "niña/niño",
            )
        ],
    ],
)  # fmt: skip
def test_forms_of_a_word_meet(catalogue: Sequence[str], typed: str, written: str) -> None:
    assert terms(catalogue, typed) == terms(catalogue, written)


def test_words_that_only_look_alike_stay_apart() -> None:
    assert terms(SPANISH, "camas") != terms(SPANISH, "cámaras")


def test_a_catalogue_in_english_or_another_language_has_no_further_forms() -> None:
    assert other_forms(word_counts(pa.array(ENGLISH))) == {}
    assert other_forms(word_counts(pa.array(["en röd mugg med lock och handtag", "lampa för hemmet"]))) == {}
    assert other_forms(word_counts(pa.array(["Tasse", "Tisch", "Lampe"]))) == {}
    assert other_forms({}) == {}


def test_the_terms_of_a_catalogue_are_known_with_their_other_forms() -> None:
    assert {"tass", "tassen", "stuhl", "stuhle", "und"} <= Vocabulary.of(pa.array(GERMAN)).terms
    assert Vocabulary.of(pa.array(["Red mugs"])).terms == {"red", "mug"}


@given(st.lists(st.sampled_from([word for text in (*GERMAN, *SPANISH) for word in text.split()]), max_size=12))
def test_every_form_stands_for_a_term_of_the_catalogue_that_stands_for_itself(words: list[str]) -> None:
    counts = word_counts(pa.array([" ".join(words), *GERMAN]))
    forms = other_forms(counts)
    own = {term for word in counts for term in analyse(word)}
    assert set(forms.values()) <= own - forms.keys()
