"""Exports of shops' systems, through the adapter that reads them."""

import pyarrow as pa
import pytest

from vitrine.data.adapters.csv import CsvSettings, read

SHOPIFY = """Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Option1 Name,\
Option1 Value,Option2 Name,Option2 Value,\
Variant SKU,Variant Price,Image Src,Image Position,Variant Image,Status
mug,Red Mug,"<p>Salt &amp; pepper</p>
<ul><li>safe</li></ul>",Norda,Home > Mugs,mug,sale,Color,Red,Size,S,m-s,12.50,https://c.example/2.jpg?v=1,2,,active
mug,,,,,,,,Blue,,M,m-m,10.50,https://c.example/1.jpg?v=1,1,https://c.example/3.jpg?v=1,
lamp,Lamp,,Lumo,,lamp,,Title,Default Title,,,l,20.00,,,,draft
mug,,,,,,,,,,,,,https://c.example/4.jpg?v=1,3,,
"""
SHOPIFY_2025 = """Title,URL handle,Description,Vendor,Product category,Type,Status,SKU,Option1 name,Option1 value,\
Price,Product image URL,Image position
Red Mug,mug,<p>Salt</p>,Norda,Mugs,mug,Active,m,Size,S,12.50,https://c.example/1.jpg,1
,mug,,,,,,,,M,11.50,https://c.example/2.jpg,2
"""
WOOCOMMERCE = """ID,Type,SKU,Name,Published,Short description,Description,Sale price,Regular price,Categories,Images,\
Parent,Attribute 1 name,Attribute 1 value(s)
1,variable,m,Red Mug,1,Short.,<p>Long</p>\\n<p>text</p>,,,"Home > Mugs, Sale",\
"https://w.example/1.jpg, https://w.example/2.jpg",,Colour,"Red, Blue"
2,simple,,Lamp,0,,,,20,,,,,
3,variation,m-r,Red Mug - Red,1,,,9,12,,https://w.example/3.jpg,m,Colour,Red
4,variation,,Lamp - big,1,,,,18,,,id:2,Size,big
"""
GOOGLE = """id\ttitle\tdescription\tlink\timage link\tadditional image link\tprice\tsale price\tbrand\tproduct type
1\tMug\tRed\tx\thttps://g.example/1.jpg\thttps://g.example/2.jpg,https://g.example/3.jpg\t1.299,00 EUR\t\tNorda\tHome
2\tLamp\t\tx\t\t\t15.00 USD\t12.00 USD\t\t
"""
GOOGLE_XML = """<rss xmlns:g="http://base.google.com/ns/1.0"><channel>
<item><g:id>1</g:id><title>Mug</title><g:image_link>https://g.example/1.jpg</g:image_link>
<g:additional_image_link>https://g.example/2.jpg</g:additional_image_link>
<g:additional_image_link>https://g.example/3.jpg</g:additional_image_link><g:price>1.299,00 EUR</g:price></item>
</channel></rss>"""
MAGENTO = """sku,store_view_code,attribute_set_code,product_type,categories,name,description,short_description,price,\
special_price,base_image,additional_images
m,,Default,simple,Default/Mugs,Mug,<b>Red</b>,Short,12.5,,/m/1.jpg,"/m/2.jpg,/m/3.jpg"
m,de,Default,,,Tasse,,,,,,
"""


def products(folder, text: str, *names: str, file: str = "catalogue.csv"):
    """Read an export; return the products' columns and the notes."""
    (folder / file).write_text(text, encoding="utf-8", newline="")
    dataset = read(folder, CsvSettings(catalogue_file=file))
    table = pa.concat_tables([records.table.select(names) for records in dataset.products])
    return [tuple(row.values()) for row in table.to_pylist()], list(dataset.notes)


def test_rows_of_shopify_are_one_product_with_options_and_images_in_order(tmp_path):
    names = ("product_id", "title", "description", "brand", "color", "category", "price")
    found, notes = products(tmp_path, SHOPIFY, *names)
    text = "Salt & pepper safe Color: Red, Blue. Size: S, M."
    assert found == [
        ("mug", "Red Mug", text, "Norda", "Red, Blue", "Home > Mugs", "10.50"),
        ("lamp", "Lamp", "", "Lumo", "", "lamp", "20.00"),
    ]
    kept = "they are in the catalogue"
    assert notes == [
        "catalogue.csv: read as Shopify's product export",
        "catalogue.csv: columns not used: 'Tags', 'Variant SKU'",
        f"warning: catalogue.csv: 1 rows are of products that the shop does not show ('Status'); {kept}",
    ]
    images = [f"https://c.example/{number}.jpg?v=1" for number in (1, 3, 2, 4)]
    (first, views), _ = products(tmp_path, SHOPIFY, "image", "views")[0]
    assert [first, *views.strip('[]"').split('", "')] == images


def test_shopifys_newer_names_are_known(tmp_path):
    found, notes = products(tmp_path, SHOPIFY_2025, "product_id", "description", "price", "views")
    assert found == [("mug", "Salt Size: S, M.", "11.50", '["https://c.example/2.jpg"]')]
    assert notes[0] == "catalogue.csv: read as Shopify's product export"


def test_variations_of_woocommerce_are_one_product(tmp_path):
    found, notes = products(tmp_path, WOOCOMMERCE, "product_id", "title", "description", "color", "category", "price")
    assert found == [
        ("m", "Red Mug", "Long text Short. Colour: Red, Blue.", "Red, Blue", "Home > Mugs, Sale", "9"),
        ("2", "Lamp", "Size: big.", "", "", "18"),
    ]
    assert notes[0] == "catalogue.csv: read as WooCommerce's product export"
    assert products(tmp_path, WOOCOMMERCE, "image", "views")[0][0] == (
        "https://w.example/1.jpg",
        '["https://w.example/2.jpg", "https://w.example/3.jpg"]',
    )


@pytest.mark.parametrize(("text", "file"), [(GOOGLE, "feed.tsv"), (GOOGLE_XML, "feed.xml")])
def test_feeds_of_google_are_read_with_prices_and_images(tmp_path, text, file):
    found, notes = products(tmp_path, text, "product_id", "title", "image", "views", "price", "currency", file=file)
    images = ("https://g.example/1.jpg", '["https://g.example/2.jpg", "https://g.example/3.jpg"]')
    assert found[0] == ("1", "Mug", *images, "1299.00", "EUR")
    assert found[1:] in ([], [("2", "Lamp", "", "", "12.00", "USD")])
    assert f"{file}: read as a feed of Google Merchant Center" in notes


def test_languages_of_magento_are_one_product(tmp_path):
    found, _ = products(tmp_path, MAGENTO, "product_id", "title", "description", "price", "image", "views")
    assert found == [("m", "Mug", "Red Short", "12.5", "/m/1.jpg", '["/m/2.jpg", "/m/3.jpg"]')]


def test_judgements_may_name_the_id_as_the_export_does(tmp_path):
    (tmp_path / "catalogue.csv").write_text(SHOPIFY, encoding="utf-8")
    (tmp_path / "judgements.csv").write_text("query,Handle,esci_label\nmug,mug,E\n", encoding="utf-8")
    (records,) = read(tmp_path).judgements
    assert records.table["product_id"].to_pylist() == ["mug"]
