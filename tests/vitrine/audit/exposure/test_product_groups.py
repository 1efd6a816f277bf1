import pandas as pd

from vitrine.audit.exposure.product_groups import groupings


def catalogue(brands, prices=None, images=None):
    count = len(brands)
    return pd.DataFrame(
        {
            "product_id": [f"p{row}" for row in range(count)],
            "brand": brands,
            "price": prices or [None] * count,
            "has_image": images or [True] * count,
        }
    )


def names(found):
    return {grouping.name: grouping.groups for grouping in found}


def test_columns_without_values_give_no_groups():
    assert not groupings(catalogue(["", ""]), None)


def test_small_sellers_are_the_brands_with_the_fewest_products():
    found = {grouping.name: grouping for grouping in groupings(catalogue(["A"] * 8 + ["B"] * 3 + ["C"]), None)}
    seller = found["seller"]
    assert seller.groups[seller.group_of["p11"]] == "small sellers"
    assert seller.groups[seller.group_of["p0"]] == "medium sellers"


def test_prices_are_divided_into_quarters():
    found = {grouping.name: grouping for grouping in groupings(catalogue([""] * 8, list(range(8))), None)}
    assert found["price"].sizes == [2, 2, 2, 2]


def test_products_outside_the_train_judgements_are_new():
    found = groupings(catalogue(["", ""]), {"p0"})
    assert names(found) == {"novelty": ("in train judgements", "new")}


def test_images_divide_products_where_some_have_none():
    assert "image" in names(groupings(catalogue(["", ""], images=[True, False]), None))
