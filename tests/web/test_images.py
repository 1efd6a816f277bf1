import io
import json
import re
import urllib.request

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.web.conftest import Open
from tests.web.looking import MUG, field, ids, results, wait_for_results


@pytest.fixture(scope="module")
def mug(gateways: dict[str, str]) -> tuple[str, bytes]:
    """A product with an image, and the image."""
    request = urllib.request.Request(
        f"{gateways['plain']}/predict", b'{"query": "red mug", "k": 50}', {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        listed = json.load(response)["results"]
    for result in listed:
        if result["image_url"]:
            with urllib.request.urlopen(gateways["plain"] + result["image_url"]) as image:
                return result["product_id"], image.read()
    raise AssertionError("no red mug has an image")


def give(page: Page, image: bytes, kind: str = "image/png") -> None:
    """Choose a file for the search by image."""
    page.get_by_role("button", name="Search by image").click()
    page.get_by_label("Choose an image").set_input_files(FilePayload(name="a", mimeType=kind, buffer=image))


def test_an_image_finds_the_product_that_it_shows(page: Page, mug: tuple[str, bytes]) -> None:
    page.goto("/")
    give(page, mug[1])
    wait_for_results(page)
    assert mug[0] in ids(page)[:5]
    expect(page.get_by_text("stays on this device")).to_be_visible()
    expect(page.get_by_role("img", name="The image searched with")).to_be_visible()


def test_an_image_outlives_a_reload_but_is_no_part_of_a_link(open_page: Open, mug: tuple[str, bytes]) -> None:
    page, _ = open_page()
    page.goto("/")
    give(page, mug[1])
    wait_for_results(page)
    before = ids(page)
    page.reload()
    wait_for_results(page)
    assert ids(page) == before
    elsewhere, _ = open_page()
    elsewhere.goto(page.url)
    expect(elsewhere.get_by_text("not part of the link")).to_be_visible()


def test_words_beside_an_image_ask_for_both(page: Page, mug: tuple[str, bytes]) -> None:
    page.goto("/")
    give(page, mug[1])
    wait_for_results(page)
    by_image = ids(page)
    field(page).fill("blue")
    with page.expect_response("**/predict-image") as answered:
        field(page).press("Enter")
    assert answered.value.json()["kind"] == "both"
    wait_for_results(page)
    assert ids(page) != by_image
    page.get_by_label("The image’s share").fill("0.9")
    expect(page).to_have_url(re.compile(r"q=blue&image=\w+&share=0.9"))
    expect(page.get_by_text("90%", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove the image").click()
    expect(page).to_have_url(re.compile(r"/search\?q=blue$"))


def test_words_beside_an_image_can_be_searched_as_typed(page: Page, mug: tuple[str, bytes]) -> None:
    page.goto("/")
    give(page, mug[1])
    wait_for_results(page)
    field(page).fill("blue ceramic mugg")
    field(page).press("Enter")
    expect(page.get_by_text("Showing results for blue ceramic mug.")).to_be_visible()
    with page.expect_response("**/predict-image") as answered:
        page.get_by_role("link", name="blue ceramic mugg").click()
    assert answered.value.json()["rewritten"] is None
    expect(page).to_have_url(re.compile("exact=1"))


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_an_image_can_be_dropped_or_pasted_anywhere(page: Page, mug: tuple[str, bytes], way: str) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    transfer = page.evaluate_handle(
        """bytes => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "a.png", { type: "image/png" }));
            return transfer;
        }""",
        list(mug[1]),
    )
    if way == "drop":
        page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})
        expect(page.get_by_text("Drop to search by this image")).to_be_visible()
        page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    else:
        page.evaluate("data => dispatchEvent(new ClipboardEvent('paste', { clipboardData: data }))", transfer)
    wait_for_results(page)
    assert mug[0] in ids(page)[:5]


def test_an_image_at_an_address_makes_a_link_that_can_be_shared(page: Page, mug: tuple[str, bytes]) -> None:
    page.goto("/")
    page.get_by_role("button", name="Search by image").click()
    page.get_by_label("From an address").fill(f"{page.evaluate('origin')}/products/{mug[0]}/image")
    page.get_by_role("button", name="Use").click()
    wait_for_results(page)
    expect(page).to_have_url(re.compile("image=%2Fproducts"))
    assert mug[0] in ids(page)[:5]


def test_an_address_that_cannot_be_read_says_what_to_do(open_page: Open) -> None:
    page, complaints = open_page()
    complaints.expect("https://shop.invalid/a.jpg")  # the test's own request, which is aborted
    complaints.expect("Failed to load resource")
    page.goto("/")
    page.get_by_role("button", name="Search by image").click()
    address = page.get_by_label("From an address")
    address.fill("http://shop.invalid/a.jpg")
    address.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("begin with https://")
    address.fill("https://shop.invalid/a.jpg")
    address.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Save the image and drop the file here")


def test_a_file_that_is_not_an_image_is_refused_with_a_reason(page: Page) -> None:
    page.goto(f"/search?q={MUG}")
    wait_for_results(page)
    give(page, b"words", "text/plain")
    expect(page.get_by_role("alert")).to_have_text("This file is not an image.")
    expect(results(page).first).to_be_visible()


def test_a_photo_is_sent_small_and_without_what_the_camera_wrote(page: Page) -> None:
    photo = Image.effect_noise((3000, 2000), 60).convert("RGB")
    exif = photo.getexif()
    exif[0x010F] = "SecretCamera"
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=95, exif=exif)
    assert b"SecretCamera" in buffer.getvalue()
    page.goto("/")
    with page.expect_request("**/predict-image") as request:
        give(page, buffer.getvalue(), "image/jpeg")
    sent = request.value.post_data_buffer or b""
    start = sent.index(b"\xff\xd8\xff")
    assert Image.open(io.BytesIO(sent[start:])).size == (1024, 683)
    assert b"SecretCamera" not in sent
    expect(page.get_by_role("heading", name="No product found in this image")).to_be_visible()  # it is noise


def test_a_phone_offers_its_camera(open_page: Open) -> None:
    page, _ = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto("/")
    page.get_by_role("button", name="Search by image").click()
    camera = page.get_by_label("Take a photo")
    expect(page.get_by_text("Take a photo")).to_be_visible()
    expect(camera).to_have_attribute("capture", "environment")


@pytest.mark.parametrize("kind", ["image/avif", ""])
def test_a_small_avif_is_sent_as_jpeg(page: Page, mug: tuple[str, bytes], kind: str) -> None:
    avif = io.BytesIO()
    Image.open(io.BytesIO(mug[1])).convert("RGB").save(avif, "AVIF", quality=90)
    page.goto("/")
    with page.expect_request("**/predict-image") as sent:
        give(page, avif.getvalue(), kind)
    assert b"Content-Type: image/jpeg" in (sent.value.post_data_buffer or b"")
    wait_for_results(page)
    assert mug[0] in ids(page)[:5]


def test_a_picture_without_a_product_is_searched_only_on_request(page: Page) -> None:
    blank = io.BytesIO()
    Image.new("RGB", (300, 200), (90, 130, 180)).save(blank, "PNG")
    page.goto("/")
    give(page, blank.getvalue())
    expect(page.get_by_role("heading", name="No product found in this image")).to_be_visible()
    expect(page.get_by_text("describe it in words")).to_be_visible()
    expect(results(page)).to_have_count(0)
    page.get_by_role("button", name="Search anyway").click()
    wait_for_results(page)
    expect(page).to_have_url(re.compile("anyway=1"))
