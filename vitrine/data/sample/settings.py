"""Settings of a sample, and its random generators."""

from dataclasses import dataclass

import numpy as np

from vitrine.errors import ConfigError

MIN_PRODUCTS = 20
MIN_QUERIES = 4
MAX_QUERIES_PER_PRODUCT = 5


@dataclass(frozen=True)
class SampleSettings:
    """The settings that determine every byte of a sample. Shares are between 0 and 1.

    `pool` is the mean number of judgements per query. `label_noise` is the share of judgements whose label is replaced
    by one of the three others. `queries_in_eval` is the share of queries in the eval split. `without_image`,
    `without_text` and `untold_looks` are shares of products: without an image; with an image and a text that names the
    category at most; with both, where the text leaves out the colour, the pattern or both.
    """

    products: int = 2000
    queries: int = 600
    seed: int = 0
    pool: int = 20
    label_noise: float = 0.03
    queries_in_eval: float = 0.25
    without_image: float = 0.12
    without_text: float = 0.08
    untold_looks: float = 0.22

    def __post_init__(self) -> None:
        for option, value, least in (
            ("--products", self.products, MIN_PRODUCTS),
            ("--queries", self.queries, MIN_QUERIES),
            ("--seed", self.seed, 0),
        ):
            if value < least:
                raise ConfigError(f"{option} {value}: a sample needs {least} or more")
        max_queries = MAX_QUERIES_PER_PRODUCT * self.products
        if self.queries > max_queries:
            raise ConfigError(
                f"--queries {self.queries}: {self.products} products allow {max_queries} or fewer; "
                "ask for fewer, or for more --products"
            )


def generator(settings: SampleSettings, *stream: int | str) -> np.random.Generator:
    """Return the random generator of a stream, such as ("product", 17), independent of the order of calls."""
    key = [part if isinstance(part, int) else int.from_bytes(part.encode(), "big") for part in stream]
    return np.random.default_rng([settings.seed, *key])
