import csv
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PROGRAM, ROOT, Vitrine, environment
from tests.vitrine.data.download.web import Web, image_bytes, images_of, served, write_catalogue
from tests.waiting import HANG_SECONDS
from vitrine.data.images.decoding import decode_image

HELP = [[], ["images"], ["fetch"]]


@pytest.fixture
def web() -> Iterator[Web]:
    with served() as web:
        yield web


def outcomes(folder: Path) -> dict[str, str]:
    with (folder / "images.csv").open(newline="") as file:
        return {row["product_id"]: row["outcome"] for row in csv.DictReader(file)}


def test_images_of_a_catalogue(web: Web, tmp_path: Path, vitrine: Vitrine) -> None:
    images = {
        "mug": web.put("/mug.png", image_bytes(1)),
        "cup": web.put("/cup.png", image_bytes(1)),
        "gone": web.url + "/gone",
    }
    write_catalogue(tmp_path, images)
    done = vitrine("data", "images", "--data", tmp_path, "--allow-private")
    assert done.returncode == 0, done.stderr
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in done.stdout.splitlines()]
    assert ["downloaded", "1"] in cells
    assert ["same as another image", "1"] in cells
    assert cells[cells.index(["failed", "1"]) + 1] == ["HTTP 404", "1"]
    assert done.stdout.splitlines()[-2:] == ["stored 1 images, 0.0 MiB", f"{tmp_path / 'images.csv'}: written"]
    assert outcomes(tmp_path) == {"mug": "downloaded", "cup": "duplicate", "gone": "failed"}
    assert (tmp_path / "images" / images_of(tmp_path)["mug"]).read_bytes() == image_bytes(1)


def test_json_goes_alone_to_standard_output(web: Web, tmp_path: Path, vitrine: Vitrine) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text(f"product_id,image_url\nB01,{web.put('/mug.png', image_bytes(1))}\n")
    output = tmp_path / "out"
    done = vitrine("data", "images", "--urls", listed, "--output", output, "--allow-private", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "products": 1,
        "outcomes": {"downloaded": 1, "duplicate": 0, "cached": 0, "local": 0, "none": 0, "failed": 0},
        "failures": {},
        "files": 1,
        "bytes": len(image_bytes(1)),
        "report": str(output / "images.csv"),
    }


def test_this_machine_is_refused_unless_it_is_allowed(web: Web, tmp_path: Path, vitrine: Vitrine) -> None:
    write_catalogue(tmp_path, {"mug": web.put("/mug.png", image_bytes(1))})
    done = vitrine("data", "images", "--data", tmp_path, "--json")
    assert json.loads(done.stdout)["failures"] == {"refused": 1}
    assert not web.requests


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: give --data, or --urls and --output\n"),
        (["--data", "a", "--urls", "b"], "error: give --data, or --urls and --output\n"),
        (["--urls", "b"], "error: give --data, or --urls and --output\n"),
        (["--data", "none-such"], "error: none-such/catalogue is not a folder; `vitrine prepare`"),
        (["--urls", "none-such.csv", "--output", "out"], "error: none-such.csv: No such file or directory\n"),
    ],
)
def test_bad_usage_is_one_line(vitrine: Vitrine, arguments: list[str], message: str) -> None:
    done = vitrine("data", "images", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_no_network_is_one_line(tmp_path: Path, vitrine: Vitrine) -> None:
    write_catalogue(tmp_path, {"mug": "http://127.0.0.1:9/mug.png"})
    done = vitrine("data", "images", "--data", tmp_path, "--allow-private", "--attempts", 1)
    assert done.returncode == 2
    assert "error: none of the 1 addresses could be reached, and nothing was changed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_killed_download_is_resumed(web: Web, tmp_path: Path, vitrine: Vitrine) -> None:
    killed = threading.Event()

    def halfway(visit) -> None:
        if web.requests.total() > 40:
            killed.wait(HANG_SECONDS)
        visit.answer(body=image_bytes(int(visit.path[1:])))

    images = {str(number): web.put(f"/{number}", halfway) for number in range(80)}
    write_catalogue(tmp_path, images)
    arguments = ["data", "images", "--data", str(tmp_path), "--allow-private", "--workers", "4", "--per-second", "500"]
    process = subprocess.Popen([*PROGRAM, *arguments], cwd=ROOT, env=environment(), stderr=subprocess.DEVNULL)
    while web.requests.total() <= 40:
        time.sleep(0.005)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed.set()

    finished = [json.loads(line)["url"] for line in (tmp_path / "images.checkpoint.jsonl").read_text().splitlines()]
    assert 20 <= len(finished) < 80
    assert images_of(tmp_path) == images
    for path in (tmp_path / "images").glob("[0-9a-f]*/*"):
        decode_image(path.read_bytes())
    done = vitrine(*arguments)
    assert done.returncode == 0, done.stderr
    assert all(web.requests[url.removeprefix(web.url)] == 1 for url in finished)
    assert web.requests.total() <= len(images) + 4
    assert sorted(outcomes(tmp_path).values()) == ["cached"] * len(finished) + ["downloaded"] * (80 - len(finished))
    for product, path in images_of(tmp_path).items():
        assert (tmp_path / "images" / path).read_bytes() == image_bytes(int(product))
    assert not list((tmp_path / "images").glob(".*"))


def test_a_dataset_comes_with_the_next_command(web: Web, tmp_path: Path, vitrine: Vitrine) -> None:
    for name in ("query.csv", "product.csv", "label.csv"):
        web.put(f"/wands/{name}", f"{name}\n".encode())
    arguments = ["data", "fetch", "wands", "--output", tmp_path / "raw", "--mirror", web.url]
    done = vitrine(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{tmp_path}/raw/query.csv: downloaded, 10 bytes",
        f"{tmp_path}/raw/product.csv: downloaded, 12 bytes",
        f"{tmp_path}/raw/label.csv: downloaded, 10 bytes",
        "licence: https://github.com/wayfair/WANDS",
        "next:",
        f"vitrine prepare wands --input {tmp_path}/raw --output data/wands",
    ]
    again = json.loads(vitrine(*arguments, "--json").stdout)
    assert [file["kept"] for file in again["files"]] == [True, True, True]


def test_a_killed_dataset_download_is_resumed(web: Web, tmp_path: Path, vitrine: Vitrine) -> None:
    data, killed = bytes(range(256)) * 4000, threading.Event()

    def halfway(visit) -> None:
        start = int(visit.headers.get("range", "bytes=0-")[6:-1])
        headers = {"content-range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        visit.send_response(206 if start else 200)
        for name, value in {"content-length": len(data) - start, "etag": '"one"', **headers}.items():
            visit.send_header(name, str(value))
        visit.end_headers()
        if not start:
            visit.wfile.write(data[: len(data) // 2])
            killed.wait(HANG_SECONDS)
            start = len(data) // 2
        visit.wfile.write(data[start:])

    web.put("/wands/query.csv", halfway)
    for name in ("product.csv", "label.csv"):
        web.put(f"/wands/{name}", b"id\n")
    arguments = ["data", "fetch", "wands", "--output", str(tmp_path), "--mirror", web.url]
    process = subprocess.Popen([*PROGRAM, *arguments], cwd=ROOT, env=environment(), stderr=subprocess.DEVNULL)
    partial = tmp_path / "query.csv.partial"
    while not (partial.exists() and partial.stat().st_size > len(data) // 3):
        time.sleep(0.005)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed.set()
    assert not (tmp_path / "query.csv").exists()
    assert vitrine(*arguments).returncode == 0
    assert (tmp_path / "query.csv").read_bytes() == data
    assert web.requests["/wands/query.csv"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["label.csv", "product.csv", "query.csv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["wands", "--mirror", "ftp://mirror"],
            "error: --mirror ftp://mirror: the URL must begin with http:// or https://\n",
        ),
        (
            ["crowdflower"],
            "\nSign in at https://www.kaggle.com/c/crowdflower-search-relevance/data, download train.csv",
        ),
        (["wands", "--mirror", "MIRROR"], "HTTP 404 Not Found\nOn a machine with network access, download"),
    ],
)
def test_a_failed_download_is_one_message(
    web: Web, tmp_path: Path, vitrine: Vitrine, arguments: list[str], message: str
) -> None:
    arguments = [web.url if argument == "MIRROR" else argument for argument in arguments]
    done = vitrine("data", "fetch", *arguments, "--output", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", HELP, ids=" ".join)
def test_help_imports_nothing_slow(arguments: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", *PROGRAM[1:], "data", *arguments, "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ)
    imported = {module.split(".")[0] for module in re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE)}
    assert "click" in imported
    assert imported.isdisjoint({"httpx", "httpcore", "numpy", "pyarrow", "PIL", "asyncio", "rich"})
