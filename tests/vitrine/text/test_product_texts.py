import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from vitrine.text.product_texts import product_texts


def test_the_text_of_a_product_joins_what_is_there() -> None:
    titles, brands, colours = ["Mug", " ", "", " Bowl "], ["Acme", "Acme", "", ""], ["red", "", "", ""]
    rows = pa.table({"title": titles, "brand": brands, "color": colours})
    assert product_texts(rows, ("title", "brand", "color")) == ["Mug. Acme. red", "Acme", "", "Bowl"]
    assert product_texts(rows, ("color", "title")) == ["red. Mug", "", "", "Bowl"]


FIELDS = st.text("ab. é", max_size=3)


@given(st.lists(st.tuples(FIELDS, FIELDS), min_size=1), st.booleans())
def test_every_product_has_its_text_in_its_place(pairs: list[tuple[str, str]], chunked: bool) -> None:
    rows = pa.Table.from_pylist([{"title": title, "brand": brand} for title, brand in pairs])
    if chunked:
        rows = pa.concat_tables([rows.slice(0, 1), rows.slice(1)])
    expected = [". ".join(field.strip() for field in pair if field.strip()) for pair in pairs]
    assert product_texts(rows, ("title", "brand")) == expected
