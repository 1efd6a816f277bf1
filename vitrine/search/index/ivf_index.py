"""The index of inverted lists, inside the graph, in core TensorFlow ops only."""

from typing import Final

import numpy as np
import tensorflow as tf

from vitrine.search.index.filter_mask import unpack_bits
from vitrine.search.index.inverted_lists import InvertedLists
from vitrine.search.index.table_rows import rows_of
from vitrine.search.settings import SearchSettings

NO_ROW: Final = -1
"""The row number that fills a result where fewer products than requested are found."""

ROUNDS: Final = 4
FOLLOWED: Final = 64
"""A search follows the links of the best 64 products four times."""

LONGER: Final = 3
"""Size of the shortlist with a filter, in that without. What it allows may be far from the query, and differ little."""


class IvfIndex(tf.Module):
    """An index of inverted lists (Jégou, Douze and Schmid 2011) over int8 codes, with links between near products.

    Products are grouped around centroids, and a query is compared with the products of the nearest groups only, by
    their leading coordinates (see `vitrine.search.index.leading_coordinates`). From the best of them on, the search
    follows links (see `vitrine.search.index.links`), which finds those of other groups: without links, it must probe
    many times as many lists. Codes are stored in the order of their lists, so a list is a range.

    `entries` lists are probed. Searches with a filter follow no links, as these may lead to products that it excludes.
    """

    def __init__(self, lists: InvertedLists) -> None:
        super().__init__()
        partition, leading = lists.partition, lists.leading
        self.entries, self.shortlist = partition.probes, min(leading.shortlist, len(partition.rows))
        self._codes = tf.Variable(lists.codes[partition.rows], trainable=False, name="codes")
        self._bias = tf.Variable(lists.bias[partition.rows], trainable=False, name="bias")
        self._step = tf.Variable(leading.step, trainable=False, name="step")
        self._basis = tf.Variable(leading.basis, trainable=False, name="basis")
        self._rows = tf.Variable(partition.rows, trainable=False, name="rows")
        self._starts = tf.Variable(partition.starts, trainable=False, name="starts")
        self._centroids = tf.Variable(partition.centroids, trainable=False, name="centroids")
        self._links = None if lists.links is None else tf.Variable(lists.links, trainable=False, name="links")

    @property
    def has_links(self) -> bool:
        """True if searches follow links."""
        return self._links is not None

    def best(self, query: tf.Tensor, octets: tf.Tensor | None = None, enough: int = 0) -> tf.Tensor:
        """Return the rows of the shortlist of one query, int32 [S], in no order, for float32 [D].

        Where fewer than S = `shortlist` products are found, the rest is `NO_ROW`. With a packed mask `octets` uint8
        [⌈N / 8⌉], all rows are those that it allows, `LONGER` times as many; lists are probed until they hold `enough`.
        """
        leading = tf.linalg.matmul(query[tf.newaxis], self._basis)
        to_centroids = tf.linalg.matmul(tf.pad(leading, [[0, 0], [1, 0]], constant_values=1.0), self._centroids,
                                        transpose_b=True)  # fmt: skip
        if octets is None:
            places = self._places(tf.math.top_k(to_centroids[0], self.entries, sorted=False).indices)
        else:
            places = self._nearest_allowed(to_centroids[0], octets, enough)
        weights = leading[0] * self._step
        scores = self._scores(places, weights)
        if octets is None and self.has_links:
            places, scores = self._follow(places, scores, weights)
        wanted = self.shortlist if octets is None else min(LONGER * self.shortlist, self._rows.shape[0])
        size = tf.minimum(wanted, tf.size(places))
        best = tf.math.top_k(scores, size, sorted=False).indices
        rows = rows_of(self._rows, tf.gather(places, best))
        return tf.ensure_shape(tf.pad(rows, [[0, wanted - size]], constant_values=NO_ROW), [wanted])

    def _scores(self, places: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """Return the scores by codes, float32 [P], of `places` int32 [P] for a query's `weights` [L] of codes."""
        # One gather of all lists: an operation for each list would cost more than the work in it.
        codes = tf.cast(rows_of(self._codes, places), tf.float32)
        return tf.linalg.matvec(codes, weights) + rows_of(self._bias, places)

    def _follow(self, places: tf.Tensor, scores: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the places and scores, [F] each, of what the links of the best `places` [P] lead to, and of these."""
        followed = tf.zeros_like(places, tf.bool)
        for _ in range(ROUNDS):
            kept = tf.math.top_k(scores, tf.minimum(self.shortlist, tf.size(scores)), sorted=False).indices
            places, scores, followed = (tf.gather(each, kept) for each in (places, scores, followed))
            waiting = tf.where(followed, tf.float32.min, scores)
            best = tf.math.top_k(waiting, tf.minimum(FOLLOWED, tf.size(scores)), sorted=False).indices
            followed = tf.tensor_scatter_nd_update(followed, best[:, tf.newaxis], tf.ones_like(best, tf.bool))
            linked = tf.reshape(rows_of(self._links, tf.gather(places, best)), [-1])
            known, places = tf.size(places), tf.unique(tf.concat([places, linked], axis=0)).y
            scores = tf.concat([scores, self._scores(places[known:], weights)], axis=0)
            followed = tf.concat([followed, tf.zeros_like(places[known:], tf.bool)], axis=0)
        return places, scores

    def _nearest_allowed(self, to_centroids: tf.Tensor, octets: tf.Tensor, enough: int) -> tf.Tensor:
        """Return the places of allowed products, int32 [P], in the nearest lists that hold `enough` of them."""
        allowed = tf.gather(unpack_bits(octets, self._rows.shape[0]), self._rows)
        before = tf.pad(tf.cumsum(tf.cast(allowed, tf.int32)), [[1, 0]])
        held = tf.gather(before, self._starts[1:]) - tf.gather(before, self._starts[:-1])
        nearest = tf.argsort(to_centroids, direction="DESCENDING")
        missing = tf.cumsum(tf.gather(held, nearest), exclusive=True) < enough
        places = self._places(tf.boolean_mask(nearest, missing))
        return tf.boolean_mask(places, tf.gather(allowed, places) > 0)

    def _places(self, lists: tf.Tensor) -> tf.Tensor:
        return tf.ragged.range(rows_of(self._starts, lists), rows_of(self._starts, lists + 1)).flat_values


def rows_per_query(settings: SearchSettings, count: int) -> tuple[int, int]:
    """Return the numbers of results and of candidates per query for a catalogue of `count` products."""
    top_k = min(settings.top_k, count)
    return top_k, int(np.clip(settings.candidates, top_k, count))
