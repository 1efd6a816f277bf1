"""Stray quotes in the files of published datasets, all of which allow line breaks in values."""

import pytest

from vitrine.data.adapters import open_dataset
from vitrine.errors import DataError

HIDDEN = '{0},"Nordlys scarf{1}\n{0},mug{1}\n{0},"Fjell scarf{1}\n'
PRODUCT = ("product_id", "product_name", "product_class", "category hierarchy", "product_description")
FILES = {
    "crowdflower": {
        "judgements.csv": "query,product_title,product_description,median_relevance,relevance_variance\n"
        + HIDDEN.format("mug", ",text,4,0")
    },
    "shopify": {"products.csv": "shopify_product_id,title,images,preview_image,category\n" + HIDDEN.format("1", ",,,")},
    "wands": {
        "query.csv": "query_id\tquery\n1\tmug\n",
        "product.csv": "\t".join((*PRODUCT, "product_features\n")) + HIDDEN.format("1", ",a,b,c,d").replace(",", "\t"),
        "label.csv": "query_id\tproduct_id\tlabel\n1\t1\tExact\n",
    },
    "home_depot": {
        "train.csv": "id,product_uid,product_title,search_term,relevance\n" + HIDDEN.format("1,2", ",mug,3"),
        "product_descriptions.csv": "product_uid,product_description\n1,text\n",
    },
}


@pytest.mark.parametrize("name", FILES)
def test_rows_that_a_quote_hides_are_found(tmp_path, name):
    for file, text in FILES[name].items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    try:
        dataset = open_dataset(name, tmp_path)
        faults = [
            fault for blocks in (dataset.products, dataset.judgements) for block in blocks for fault in block.faults
        ]
    except DataError as error:
        pytest.fail(str(error))
    assert [fault.row for fault in faults] == [2]
    assert faults[0].reason == (
        "text follows the closing quote of a value (lines 2 to 4 of the file); double the quotes in quoted values"
    )
