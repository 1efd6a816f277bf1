import re
from urllib.parse import urlsplit

import pytest

from vitrine.data.adapters import ADAPTERS
from vitrine.data.download.datasets.publishers import PUBLICATIONS, Publication


@pytest.mark.parametrize("publication", PUBLICATIONS.values(), ids=PUBLICATIONS)
def test_files_have_an_address_and_a_place(publication: Publication) -> None:
    assert urlsplit(publication.page).scheme == "https"
    assert publication.address == "" or re.fullmatch(r"https://.+/", publication.address)
    for file in publication.files:
        assert re.fullmatch(r"[\w-]+\.(csv|parquet|tar)", file.name)
        assert re.fullmatch(r"([0-9a-f]{64})?", file.sha256)


def test_the_next_command_is_for_a_known_dataset() -> None:
    for publication in PUBLICATIONS.values():
        last = publication.after.format(folder="raw").splitlines()[-1].split()
        assert last[:2] in (["vitrine", "prepare"], ["vitrine", "data"])
        assert last[1] == "data" or last[2] in ADAPTERS
