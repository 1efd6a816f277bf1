"""Published datasets, with the addresses of their files, by the names of `vitrine prepare`."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class PublishedFile:
    """A published file, with its SHA-256 in hexadecimal if the publisher states one."""

    name: str
    sha256: str = ""


@dataclass(frozen=True)
class Publication:
    """A published dataset.

    Attributes:
        title: a short description.
        page: the web page with the dataset and its licence.
        files: the files to download.
        address: the prefix of the files' addresses; empty if the publisher requires signing in.
        after: instructions for the files in `{folder}`.
        hub: the dataset on the Hugging Face Hub, if the address leads there.
    """

    title: str
    page: str
    files: tuple[PublishedFile, ...]
    after: str
    address: str = ""
    hub: str = ""


PUBLICATIONS: Final = {
    "esci": Publication(
        title="Amazon's Shopping Queries Dataset, 1.1 GB",
        page="https://github.com/amazon-science/esci-data",
        address="https://github.com/amazon-science/esci-data/raw/main/shopping_queries_dataset/",
        files=(
            PublishedFile(
                "shopping_queries_dataset_examples.parquet",
                "4a735b693b4a424a6fc67f5be6e4c811495c488bbf66d02a602d308b2744263a",
            ),
            PublishedFile(
                "shopping_queries_dataset_products.parquet",
                "25124442d064d64b26f74082d6fa09438d679efc0c183cf28d19064a2b65a265",
            ),
            PublishedFile("shopping_queries_dataset_sources.csv"),
        ),
        after="vitrine prepare esci --input {folder} --output data/esci",
    ),
    "sqid": Publication(
        title="image addresses and CLIP features of ESCI's test products, 0.9 GB",
        page="https://huggingface.co/datasets/crossingminds/shopping-queries-image-dataset",
        address="https://huggingface.co/datasets/crossingminds/shopping-queries-image-dataset/resolve/main/data/",
        hub="crossingminds/shopping-queries-image-dataset",
        files=(
            PublishedFile("product_image_urls.parquet"),
            PublishedFile("supp_product_image_urls.parquet"),
            PublishedFile("query_features.parquet"),
            PublishedFile("product_features.parquet"),
        ),
        after=(
            "put the two Parquet files of `vitrine data fetch esci` beside them\n"
            "vitrine prepare sqid --input {folder} --output data/sqid"
        ),
    ),
    "wands": Publication(
        title="Wayfair's annotated products",
        page="https://github.com/wayfair/WANDS",
        address="https://github.com/wayfair/WANDS/raw/main/dataset/",
        files=(PublishedFile("query.csv"), PublishedFile("product.csv"), PublishedFile("label.csv")),
        after="vitrine prepare wands --input {folder} --output data/wands",
    ),
    "abo": Publication(
        title="Amazon Berkeley Objects: listings and small images, 3 GB",
        page="https://amazon-berkeley-objects.s3.amazonaws.com/index.html",
        address="https://amazon-berkeley-objects.s3.amazonaws.com/archives/",
        files=(PublishedFile("abo-listings.tar"), PublishedFile("abo-images-small.tar")),
        after=(
            "tar -xf {folder}/abo-listings.tar -C {folder}\n"
            "tar -xf {folder}/abo-images-small.tar -C {folder}\n"
            "vitrine prepare abo --input {folder} --output data/abo"
        ),
    ),
    "home_depot": Publication(
        title="the Home Depot's graded results; Kaggle requires an account",
        page="https://www.kaggle.com/c/home-depot-product-search-relevance/data",
        files=(PublishedFile("train.csv"), PublishedFile("product_descriptions.csv"), PublishedFile("attributes.csv")),
        after="vitrine prepare home_depot --input {folder} --output data/home_depot",
    ),
    "crowdflower": Publication(
        title="graded results of web shops; Kaggle requires an account",
        page="https://www.kaggle.com/c/crowdflower-search-relevance/data",
        files=(PublishedFile("train.csv"),),
        after=(
            "mv {folder}/train.csv {folder}/judgements.csv\n"
            "vitrine prepare crowdflower --input {folder} --output data/crowdflower"
        ),
    ),
}
