import pyarrow as pa
import pytest
from pyarrow import parquet

from vitrine.data.formats import parquet_reading
from vitrine.errors import DataError


def test_a_column_name_that_is_not_utf8_is_one_line(tmp_path):
    path = tmp_path / "products.parquet"
    parquet.write_table(pa.table({"product_id": ["B1"], "title": ["Mug"]}), path)
    path.write_bytes(path.read_bytes().replace(b"title", b"t\xfftle"))
    with pytest.raises(DataError, match=r"products.parquet: not readable as Parquet: a column's name is not UTF-8"):
        list(parquet_reading.read(path, ["product_id"]))
