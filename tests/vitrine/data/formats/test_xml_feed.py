import gzip

import pytest

from vitrine.data.formats import xml_feed
from vitrine.errors import DataError

RSS = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title><link>https://s.example</link>
<item><g:id>1</g:id><title><![CDATA[Red <b>mug</b>]]></title><g:price>1.299,00 EUR</g:price>
<g:additional_image_link>b.jpg</g:additional_image_link><g:additional_image_link>c.jpg</g:additional_image_link>
<g:shipping><g:country>DE</g:country></g:shipping></item>
<item><g:id>2</g:id></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>
<entry><g:id>1</g:id><title>Mug &amp; saucer</title><link href="https://s.example/1"/></entry></feed>"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "feed.xml"


def read(path, *columns: str):
    (records,) = xml_feed.read(path, columns)
    return [tuple(row.values()) for row in records.table.to_pylist()], records.rows.to_pylist()


def test_items_have_the_texts_of_their_elements(path):
    path.write_text(RSS, encoding="utf-8")
    assert xml_feed.header(path) == ["id", "title", "price", "additional_image_link", "shipping"]
    assert read(path, "id", "title", "price", "additional_image_link") == (
        [("1", "Red <b>mug</b>", "1.299,00 EUR", "b.jpg,c.jpg"), ("2", "", "", "")],
        [1, 2],
    )


def test_entries_of_atom_are_items(path):
    path.write_text(ATOM, encoding="utf-8")
    assert read(path, "id", "title", "link") == ([("1", "Mug & saucer", "https://s.example/1")], [1])


def test_equal_texts_of_elements_with_one_name_are_one(path):
    item = "<item><title>Shoe</title><g:title>Shoe</g:title><g:id/><id>1</id><id>2</id><id>1</id></item>"
    path.write_text(f'<rss xmlns:g="http://base.google.com/ns/1.0">{item}</rss>', encoding="utf-8")
    assert read(path, "title", "id")[0] == [("Shoe", "1,2")]


def test_an_element_that_only_the_last_item_has_is_found(path):
    items = "".join(f"<item><id>{number}</id></item>" for number in range(1_500))
    path.write_text(f"<rss>{items}<item><id>last</id><sale_price>5</sale_price></item></rss>", encoding="utf-8")
    assert xml_feed.header(path) == ["id", "sale_price"]


def test_a_compressed_feed_is_read(tmp_path):
    path = tmp_path / "feed.xml.gz"
    path.write_bytes(gzip.compress(RSS.encode()))
    assert read(path, "id")[1] == [1, 2]


def test_items_are_read_in_blocks(path, monkeypatch):
    monkeypatch.setattr(xml_feed, "BATCH", 1)
    path.write_text(RSS, encoding="utf-8")
    assert [records.rows.to_pylist() for records in xml_feed.read(path, ["id"])] == [[1], [2]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<rss><channel/></rss>", "has no <item> or <entry> with elements"),
        (RSS[:400], "not readable as XML after item 0"),
        ('<!DOCTYPE r [<!ENTITY a "b">]><rss><item><id>&a;</id></item></rss>', "has a DTD or entities"),
        ("id,title\n", "not readable as XML after item 0"),
        ('<?xml version="1.0" encoding="shift_jis"?><rss/>', "multi-byte encodings are not supported; .* in UTF-8$"),
        ('<?xml version="1.0" encoding="klingon"?><rss/>', "unknown encoding: klingon; export it again in UTF-8$"),
    ],
)
def test_other_files_are_refused(path, text, message):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        xml_feed.header(path)


def test_an_item_that_fills_the_memory_is_refused(path, monkeypatch):
    monkeypatch.setattr(xml_feed, "MAX_CHARACTERS", 10)
    path.write_text(RSS, encoding="utf-8")
    with pytest.raises(DataError, match="item 1 is longer than"):
        list(xml_feed.read(path, ["id"]))
