import csv
import shutil
import struct
import time
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.vitrine.data.download.web import (
    HERE,
    QUICK,
    Web,
    body,
    image_bytes,
    images_of,
    in_turn,
    status,
    write_catalogue,
)
from vitrine.data.contract.files import read_catalogue
from vitrine.data.download.images.address_policy import PUBLIC
from vitrine.data.download.images.download import download_for_catalogue, download_listed
from vitrine.data.download.images.limits import Limits
from vitrine.data.download.images.report import Summary
from vitrine.data.download.images.worker_pool import Progress
from vitrine.data.images.additional_images import parse_views
from vitrine.data.images.decoding import decode_image
from vitrine.data.prepare import prepare
from vitrine.errors import DataError, NetworkError

NOWHERE = "http://127.0.0.1:9/"


def unseen(done: int, total: int) -> None:
    pass


def download(folder: Path, limits: Limits = QUICK, progress: Progress = unseen) -> Summary:
    return download_for_catalogue(folder, limits, HERE, progress)


def report(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "images.csv").open(newline="") as file:
        return {row["product_id"]: row for row in csv.DictReader(file)}


def outcomes(folder: Path) -> dict[str, str]:
    return {product: row["outcome"] for product, row in report(folder).items()}


def stored(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder / "images").as_posix() for path in (folder / "images").rglob("*.*"))


def bomb() -> bytes:
    """Build a PNG of 64 megapixels in 200 bytes."""
    chunks = b""
    for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", 8_000, 8_000, 8, 2, 0, 0, 0)), (b"IDAT", b"x")):
        chunks += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_every_product_is_accounted_for(web: Web, tmp_path: Path) -> None:
    mug, jpeg = image_bytes(1), image_bytes(2, "JPEG")
    images = {
        "mug": web.put("/mug.png", mug),
        "same-address": web.put("/mug.png", mug),
        "same-bytes": web.put("/copy.jpg", mug),
        "photo": web.put("/photo", body(jpeg, content_type="text/html")),
        "none": "",
        "file": "cups/cup.png",
        "gone": web.url + "/gone.png",
        "page": web.put("/page.png", body(b"<html>Not found</html>", content_type="image/png")),
        "damaged": web.put("/damaged.jpg", jpeg[: len(jpeg) // 2]),
        "bomb": web.put("/bomb.png", bomb()),
        "private": "http://10.1.2.3/mug.png",
        "nowhere": NOWHERE,
    }
    write_catalogue(tmp_path, images)
    summary = download(tmp_path)

    rows = report(tmp_path)
    assert list(rows) == list(images)
    path = rows["mug"]["path"]
    assert (tmp_path / "images" / path).read_bytes() == mug
    assert rows["mug"] == {
        "product_id": "mug", "url": images["mug"], "outcome": "downloaded", "bytes": str(len(mug)), "path": path,
        "detail": "",
    }  # fmt: skip
    assert rows["same-address"]["outcome"] == rows["same-bytes"]["outcome"] == "duplicate"
    assert rows["same-bytes"]["path"] == path
    assert rows["photo"]["path"].endswith(".jpg")
    assert stored(tmp_path) == sorted([path, rows["photo"]["path"]])
    assert (rows["none"]["outcome"], rows["file"]["outcome"]) == ("none", "local")
    details = {product: row["detail"] for product, row in rows.items() if row["outcome"] == "failed"}
    assert details == {
        "gone": "HTTP 404: Not Found",
        "page": "not an image: not a JPEG, PNG, GIF, WEBP, BMP, AVIF image (22 bytes): an HTML page, which is not read",
        "damaged": details["damaged"],
        "bomb": "not an image: 8000 × 8000 pixels are more than the 50,000,000 allowed",
        "private": "refused: 10.1.2.3 is at 10.1.2.3, which is not a public address",
        "nowhere": details["nowhere"],
    }
    assert details["damaged"].startswith("not an image: damaged image: ")
    assert details["nowhere"].startswith("unreachable: ")
    assert summary.outcomes == {"downloaded": 2, "duplicate": 2, "cached": 0, "local": 1, "none": 1, "failed": 6}
    assert summary.failures == {"not an image": 3, "HTTP 404": 1, "refused": 1, "unreachable": 1}
    assert (summary.products, summary.files, summary.bytes) == (12, 2, len(mug) + len(jpeg))
    assert web.requests["/mug.png"] == 1


def test_the_catalogue_names_the_files_that_are_there(web: Web, tmp_path: Path) -> None:
    images = {"mug": web.put("/mug.png", image_bytes(1)), "gone": web.url + "/gone.png", "none": "", "file": "cup.png"}
    write_catalogue(tmp_path, images)
    before = read_catalogue(tmp_path).drop_columns(["image"])
    download(tmp_path)
    named = images_of(tmp_path)
    assert named == images | {"mug": report(tmp_path)["mug"]["path"]}
    assert decode_image((tmp_path / "images" / named["mug"]).read_bytes()).size == (16, 12)
    assert read_catalogue(tmp_path).drop_columns(["image"]) == before


def test_all_views_of_a_product_are_fetched_and_a_second_run_fetches_none(web: Web, tmp_path: Path) -> None:
    front, back = web.put("/front.png", image_bytes(1)), web.put("/back.png", image_bytes(2))
    views = f'["{back}", "{web.url}/gone.png", "{web.url}/front-again.png"]'.replace('"', '""')
    web.put("/front-again.png", image_bytes(1))
    write_catalogue(tmp_path, {})
    header = "product_id,title,description,brand,color,category,image,views"
    (tmp_path / "catalogue" / "products.csv").write_text(f'{header}\nmug,Mug,,,,,{front},"{views}"\nnone,,,,,,,\n')
    summary = download(tmp_path)
    assert summary.outcomes == {"downloaded": 2, "duplicate": 1, "cached": 0, "local": 0, "none": 1, "failed": 1}
    assert summary.products == 2
    (mug, _) = read_catalogue(tmp_path).to_pylist()
    files = dict.fromkeys([mug["image"], *parse_views(mug["views"])])
    assert [(tmp_path / "images" / name).read_bytes() for name in files if "://" not in name] == [
        image_bytes(1),
        image_bytes(2),
    ]
    assert [name for name in files if "://" in name] == [f"{web.url}/gone.png"]
    assert download(tmp_path).outcomes == dict.fromkeys(summary.outcomes, 0) | {"cached": 2, "none": 1, "failed": 1}
    assert [web.requests[path] for path in ("/front.png", "/back.png", "/gone.png")] == [1, 1, 2]
    assert read_catalogue(tmp_path).to_pylist()[0] == mug


def test_another_run_tries_what_failed_and_nothing_else(web: Web, tmp_path: Path) -> None:
    images = {
        "mug": web.put("/mug.png", image_bytes(1)),
        "late": web.put("/late.png", in_turn(status(404), body(image_bytes(2)))),
    }
    write_catalogue(tmp_path, images)
    download(tmp_path)
    assert outcomes(tmp_path) == {"mug": "downloaded", "late": "failed"}
    for _ in range(2):
        download(tmp_path)
    assert outcomes(tmp_path) == {"mug": "cached", "late": "cached"}
    assert {product: row["url"] for product, row in report(tmp_path).items()} == images
    assert web.requests == {"/mug.png": 1, "/late.png": 2}


def test_a_file_that_was_lost_is_fetched_again(web: Web, tmp_path: Path) -> None:
    url = web.put("/mug.png", in_turn(body(image_bytes(1)), body(image_bytes(1)), status(404)))
    write_catalogue(tmp_path, {"mug": url})
    download(tmp_path)
    for expected in ("downloaded", "failed"):
        shutil.rmtree(tmp_path / "images")
        download(tmp_path)
        assert outcomes(tmp_path) == {"mug": expected}
    assert images_of(tmp_path) == {"mug": url}


def test_a_killed_run_whose_catalogue_still_has_addresses_fetches_nothing_twice(web: Web, tmp_path: Path) -> None:
    images = {"mug": web.put("/mug.png", image_bytes(1)), "cup": web.put("/cup.png", image_bytes(2))}
    write_catalogue(tmp_path, images)
    download(tmp_path)
    write_catalogue(tmp_path, images)
    download(tmp_path)
    assert outcomes(tmp_path) == {"mug": "cached", "cup": "cached"}
    assert web.requests == {"/mug.png": 1, "/cup.png": 1}


def test_addresses_of_an_ended_experiment_are_repaired(web: Web, tmp_path: Path) -> None:
    web.put("/images/I/71.png", image_bytes(1))
    url = web.url + "/images/W/IMAGERENDERING_521856-T1/images/I/71.png"
    write_catalogue(tmp_path, {"mug": url})
    download(tmp_path)
    assert outcomes(tmp_path) == {"mug": "downloaded"}
    assert report(tmp_path)["mug"]["url"] == url


def test_a_list_of_addresses_needs_no_catalogue(web: Web, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"product_id,image_url\nB01,{web.put('/mug.png', image_bytes(1))}\nB02,\n")
    for expected in ("downloaded", "cached"):
        download_listed(tmp_path / "list.csv", tmp_path / "out", QUICK, HERE, unseen)
        assert outcomes(tmp_path / "out") == {"B01": expected, "B02": "none"}
    assert stored(tmp_path / "out") == [report(tmp_path / "out")["B01"]["path"]]


def test_without_a_network_nothing_changes(tmp_path: Path) -> None:
    images = {"mug": NOWHERE, "cup": "http://none-such.invalid/cup.png"}
    write_catalogue(tmp_path, images)
    with pytest.raises(NetworkError, match=r"^none of the 2 addresses could be reached, .*http://127.0.0.1:9/: unrea"):
        download(tmp_path)
    assert images_of(tmp_path) == images
    assert not (tmp_path / "images.csv").exists()


def test_a_host_that_fails_again_and_again_is_given_up(web: Web, tmp_path: Path) -> None:
    write_catalogue(
        tmp_path, {str(i): f"{NOWHERE}{i}" for i in range(20)} | {"mug": web.put("/mug.png", image_bytes(1))}
    )
    limits = replace(QUICK, host_failures=5, workers=1)
    summary = download(tmp_path, limits)
    assert (summary.outcomes["downloaded"], summary.failures) == (1, {"unreachable": 20})
    assert report(tmp_path)["19"]["detail"] == "unreachable: not tried, after 5 failures of 127.0.0.1:9"


def test_a_run_has_an_end_and_the_next_goes_on(web: Web, tmp_path: Path) -> None:
    def slow(visit) -> None:
        time.sleep(2)
        visit.answer(body=image_bytes(int(visit.path[1:])))

    write_catalogue(tmp_path, {str(i): web.put(f"/{i}", slow) for i in range(12)})
    summary = download(tmp_path, replace(QUICK, run_seconds=3))
    assert 0 < summary.failures["not tried"] < 12
    assert report(tmp_path)["11"]["detail"] == "not tried: the 3 s of this run were over"
    assert download(tmp_path).outcomes["cached"] == summary.outcomes["downloaded"]
    assert set(outcomes(tmp_path).values()) == {"cached", "downloaded"}


def test_progress_counts_addresses(web: Web, tmp_path: Path) -> None:
    write_catalogue(tmp_path, {str(i): web.put(f"/{i % 3}", image_bytes(i % 3)) for i in range(6)})
    seen: list[tuple[int, int]] = []
    download(tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_catalogue_that_breaks_the_contract_is_not_touched(web: Web, tmp_path: Path) -> None:
    write_catalogue(tmp_path, {"mug": web.put("/mug.png", image_bytes(1)), " cup": ""})
    with pytest.raises(DataError, match=r"products\.csv:3: product_id ' cup' has white space around it"):
        download(tmp_path)
    assert not web.requests


def test_a_folder_that_cannot_be_written_is_an_error_of_one_line(web: Web, tmp_path: Path) -> None:
    write_catalogue(tmp_path, {"mug": web.put("/mug.png", image_bytes(1))})
    (tmp_path / "images").write_text("in the way")
    with pytest.raises(DataError, match="images"):
        download(tmp_path)


def test_this_machine_is_no_public_address(web: Web, tmp_path: Path) -> None:
    write_catalogue(tmp_path, {"mug": web.put("/mug.png", image_bytes(1))})
    summary = download_for_catalogue(tmp_path, QUICK, PUBLIC, unseen)
    assert summary.failures == {"refused": 1}
    assert not web.requests


def test_downloaded_images_can_be_prepared_again(web: Web, tmp_path: Path) -> None:
    source, data = tmp_path / "source", tmp_path / "data"
    write_catalogue(source, {"mug": web.put("/mug.png", image_bytes(1))})
    for split, query in (("train", "mug"), ("eval", "cup")):
        folder = source / "judgements" / split
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text(f"query_id,query,product_id,esci_label\n{split},{query},mug,E\n")
    prepare("sample", source, data)
    download(data)
    assert prepare("sample", data, tmp_path / "copy").images["copied"] == 1
    prepare("sample", source, data)
    assert sorted(path.name for path in data.iterdir()) == ["catalogue", "dataset.json", "judgements"]
