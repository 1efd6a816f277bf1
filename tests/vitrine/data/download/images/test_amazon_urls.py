import pytest

from vitrine.data.download.images.amazon_urls import repair_url

HOST = "https://m.media-amazon.com"


def test_the_bucket_of_an_ended_experiment_is_removed() -> None:
    for bucket in ("IMAGERENDERING_521856-T1", "WEBP_402378-T2"):
        assert repair_url(f"{HOST}/images/W/{bucket}/images/I/71IQ+aaD.jpg") == f"{HOST}/images/I/71IQ+aaD.jpg"


@pytest.mark.parametrize("path", ["/images/I/71IQ.jpg", "/images/W/mug.jpg", "/images/G/01/x._SX1080_.jpg", "/a?b=1"])
def test_other_addresses_stay(path: str) -> None:
    assert repair_url(HOST + path) == HOST + path
