import pyarrow as pa

from vitrine.data.tables.variants import merge_variants, option_columns

OPTIONS = option_columns(2)
COLUMNS = ("product_id", "title", "description", "color", "price", "currency", "image", "views", "image_position")


def merge(*rows: dict[str, str]):
    names = (*COLUMNS, *(name for pair in OPTIONS for name in pair))
    table = pa.table({name: pa.array([row.get(name, "") for row in rows], pa.string()) for name in names})
    merged, first = merge_variants(table, pa.array(range(2, 2 + len(rows)), pa.int64()), OPTIONS)
    return [{name: value for name, value in row.items() if value} for row in merged.to_pylist()], first.to_pylist()


def test_rows_of_one_id_are_one_product_in_the_order_of_the_first():
    products, rows = merge(
        {"product_id": "b", "price": "9", "currency": "EUR"},
        {"product_id": "a", "title": "Mug"},
        {"product_id": "b", "title": "Lamp", "price": "10", "currency": "USD"},
        {"product_id": "b", "title": "Other"},
    )
    assert products == [
        {"product_id": "b", "title": "Lamp", "price": "9", "currency": "EUR"},
        {"product_id": "a", "title": "Mug"},
    ]
    assert rows == [2, 3]


def test_images_are_those_of_all_rows_by_their_position():
    products, _ = merge(
        {"product_id": "a", "image": "2.jpg", "image_position": "2"},
        {"product_id": "a", "image": "1.jpg", "views": '["4.jpg"]', "image_position": "1"},
        {"product_id": "a", "image": "2.jpg"},
    )
    assert (products[0]["image"], products[0]["views"]) == ("1.jpg", '["4.jpg", "2.jpg"]')


def test_options_are_read_from_all_rows_with_the_name_of_the_first():
    colour, size = OPTIONS
    products, _ = merge(
        {
            "product_id": "a",
            "description": "Wool.",
            colour[0]: "Farbe",
            colour[1]: "rot",
            size[0]: "Size",
            size[1]: "S",
        },
        {"product_id": "a", colour[1]: "blau", size[1]: "M"},
        {"product_id": "a", colour[1]: "rot"},
        {"product_id": "b", colour[0]: "Title", colour[1]: "Default Title"},
    )
    assert products[0]["color"] == "rot, blau"
    assert products[0]["description"] == "Wool. Farbe: rot, blau. Size: S, M."
    assert list(products[1]) == ["product_id", OPTIONS[0][0], OPTIONS[0][1]]


def test_no_rows_are_no_products():
    assert merge() == ([], [])
