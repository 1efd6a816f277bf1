"""Files that people give: images, settings, tables and checkpoints that would fill the memory, or never end."""

import io
import json
import struct
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from vitrine.data.formats import csv_reading, parquet_reading
from vitrine.data.images.decoding import MAX_SCANS, UndecodableImage, decode_image
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.errors import ConfigError, DataError
from vitrine.gateway.http.uploads import normalise
from vitrine.serving.api.json_bodies import excerpt
from vitrine.settings import override, read_settings

MEBIBYTE = 2**20


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg_of_scans(scans: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated; each scan costs a pass over all pixels."""
    data = encoded(Image.new("L", (640, 640), 128), "JPEG", progressive=True)
    tables = data.rfind(b"\xff\xc4", 0, data.rfind(b"\xff\xda"))
    return data[:-2] + data[tables:-2] * (scans - data.count(b"\xff\xda")) + data[-2:]


def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_is_decoded() -> None:
    assert decode_image(jpeg_of_scans(MAX_SCANS)).size == (640, 640)
    started = time.process_time()
    with pytest.raises(UndecodableImage, match="more than the 64 scans allowed"):
        normalise(jpeg_of_scans(100_000), 25_000_000)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP"])
def test_an_image_of_too_many_pixels_is_refused_by_its_header(kind: str) -> None:
    data = encoded(Image.new("P" if kind == "GIF" else "RGB", (3000, 3000)), kind)
    tracemalloc.start()
    with pytest.raises(UndecodableImage, match="3000 × 3000 pixels are more than the 8,999,999 allowed"):
        normalise(data, 8_999_999)
    assert tracemalloc.get_traced_memory()[1] < len(data) + 4 * MEBIBYTE
    tracemalloc.stop()


def avif_with_a_small_header() -> bytes:
    data = encoded(Image.new("RGB", (3000, 3000)), "AVIF")
    size = struct.pack(">II", 3000, 3000)
    assert size in data
    return data.replace(size, struct.pack(">II", 30, 30))


def webp_with_a_small_header() -> bytes:
    still = encoded(Image.new("RGBA", (3000, 3000), (1, 2, 3, 128)), "WEBP", exif=b"Exif\0\0" + bytes(20))
    assert still[12:16] == b"VP8X"
    return still[:24] + struct.pack("<I", 29)[:3] + struct.pack("<I", 29)[:3] + still[30:]


def gif_with_a_small_header() -> bytes:
    data = bytearray(encoded(Image.new("P", (3000, 3000)), "GIF"))
    data[6:10] = struct.pack("<HH", 30, 30)
    return bytes(data)


@pytest.mark.parametrize("make", [avif_with_a_small_header, webp_with_a_small_header, gif_with_a_small_header])
def test_an_image_that_is_larger_than_its_header_says_is_bounded_all_the_same(make: Any) -> None:
    with suppress(UndecodableImage):  # most decoders refuse it
        width, height = decode_image(make(), 1_000_000).size
        assert width * height <= 1_000_000


def test_an_animation_costs_its_first_image() -> None:
    frames = [Image.new("RGB", (64, 64), (n, 0, 0)) for n in range(200)]
    for kind in ("GIF", "WEBP"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=10)
        assert decode_image(data).getpixel((0, 0))[0] < 8  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)),
        "a: &a {b: *a}",
        "[" * 700,
        "a: " + "{b: " * 700,
    ],
    ids=["anchors", "loop", "lists", "maps"],
)
def test_settings_that_stand_for_billions_of_values_are_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bomb.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_settings(file)
    assert str(refused.value).startswith(f"{file}: not YAML: ")
    assert "\n" not in str(refused.value)
    with pytest.raises(ConfigError):
        override({}, [f"a={'[' * 700}"], {}, "X__")


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system [id]", "!!python/name:os.system", "!!python/module:os"]
)
def test_settings_run_no_code(tmp_path: Path, tag: str) -> None:
    (tmp_path / "code.yaml").write_text(f"data: {tag}")
    with pytest.raises(ConfigError, match="not YAML"):
        read_settings(tmp_path / "code.yaml")


def test_a_parquet_file_is_read_in_bounded_pieces(tmp_path: Path) -> None:
    """A dictionary stands for 20 GB in 200 kB: only the rows that are read are written out."""
    text = pa.array(["x" * 20_000])
    table = pa.table({"title": pa.DictionaryArray.from_arrays(np.zeros(1_000_000, np.int32), text)})
    parquet.write_table(table, tmp_path / "bomb.parquet", compression="zstd")
    assert (tmp_path / "bomb.parquet").stat().st_size < MEBIBYTE
    before = pa.total_allocated_bytes()
    records = next(iter(parquet_reading.read(tmp_path / "bomb.parquet", ["title"])))
    assert len(records.table) > 0
    assert pa.total_allocated_bytes() - before < 1024 * MEBIBYTE


def test_a_damaged_parquet_file_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"title": [f"mug {n}" for n in range(1000)]}), file)
    data, refused = file.read_bytes(), []
    for place in range(0, len(data) - 4, len(data) // 60):
        file.write_bytes(data[:place] + b"\xff\xff\xff\x7f" + data[place + 4 :])
        try:
            list(parquet_reading.read(file, ["title"]))
        except DataError as error:
            refused.append(str(error))
    assert len(refused) > 5
    assert not any("\n" in message for message in refused)


@pytest.mark.parametrize("content", [b"\0" * 1000, b'title\n"' + b"x" * MEBIBYTE, b"title\n" + b"\xff\xfe" * 100])
def test_a_csv_file_that_is_none_is_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)

    def faults() -> list[str]:
        return [str(fault) for records in csv_reading.read(file, ["title"]) for fault in records.faults]

    with suppress(DataError):
        assert faults()
        assert not any("\n" in fault for fault in faults())


def safetensors_of(header: bytes, length: int | None = None, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def tensor(shape: list[int], begin: int, end: int) -> dict[str, object]:
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


WEIGHTS = {
    "a header longer than the file": safetensors_of(b"{}", 2**63),
    "a header of gigabytes": safetensors_of(b"{}", 2**32),
    "no JSON": safetensors_of(b"\xff\xff{"),
    "deep JSON": safetensors_of(b"[" * 100_000),
    "beyond the file": safetensors_of(json.dumps({"a": tensor([4], 0, 16)}).encode(), data=bytes(8)),
    "more than its bytes": safetensors_of(json.dumps({"a": tensor([2**40, 2**20], 0, 8)}).encode(), data=bytes(8)),
    "a product beyond 64 bits": safetensors_of(json.dumps({"a": tensor([2**32] * 3, 0, 8)}).encode(), data=bytes(8)),
    "overlapping": safetensors_of(
        json.dumps({"a": tensor([2], 0, 8), "b": tensor([2], 4, 12)}).encode(), data=bytes(12)
    ),
    "backwards": safetensors_of(json.dumps({"a": tensor([2], 8, 0)}).encode(), data=bytes(8)),
    "empty": b"",
}


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
def test_weights_with_a_hostile_header_are_one_line(tmp_path: Path, weights: bytes) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "model.safetensors").write_bytes(weights)
    with pytest.raises(DataError) as refused:
        read_checkpoint(tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["config.json", "modules.json", "tokenizer_config.json"])
def test_deep_json_in_a_checkpoint_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "model.safetensors").write_bytes(safetensors_of(b"{}"))
    (tmp_path / name).write_text("[" * 100_000)
    with pytest.raises(DataError) as refused:
        read_checkpoint(tmp_path).json(name)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("path", ["../outside", "/etc", "a/../../outside"])
def test_modules_are_read_below_the_checkpoint_only(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "config.json").write_text("{}")
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "model.safetensors").write_bytes(safetensors_of(b"{}"))
    modules = [{"idx": 0, "name": "0", "path": path, "type": "sentence_transformers.models.Transformer"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(DataError):
        read_checkpoint(folder)


def test_the_excerpt_of_a_large_value_costs_no_more_than_it_shows() -> None:
    document = [0] * 2_000_000
    tracemalloc.start()
    text = excerpt(document)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert text.startswith("[\n    0,\n")
    assert len(text) == 401
    assert peak < MEBIBYTE
