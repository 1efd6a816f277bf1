"""Measurement of the lists in which a search enters the links between products."""

from dataclasses import replace
from typing import Final

import numpy as np
import tensorflow as tf

from vitrine.search.index.inverted_lists import InvertedLists
from vitrine.search.index.ivf_index import IvfIndex
from vitrine.search.index.leading_coordinates import SampledQueries, required_recall
from vitrine.search.settings import SearchSettings

GROWTH: Final = 1.5
"""The factor by which the number of lists grows until their number is enough."""

LOSS_SHARE: Final = 0.75
"""The share of the permitted loss of recall that the sample may have. The rest is reserved for queries that differ."""


def measured_index(lists: InvertedLists, settings: SearchSettings) -> IvfIndex:
    """Return the index of `lists`, which enters as few of them as `settings.recall` needs, measured on the sample.

    Without links and with `settings.probes`, it probes the lists of its partition. So it does, and follows no links, if
    it would have to enter as many with them.
    """
    index = IvfIndex(lists)
    if not index.has_links or settings.probes:
        return index
    entries, recall = lists.partition.fewest, required_recall(settings.recall, LOSS_SHARE)
    while entries < lists.partition.probes:
        index.entries = entries
        if _recall(index, lists.sample) >= recall:
            return index
        entries = round(GROWTH * entries) + 1
    return IvfIndex(replace(lists, links=None))


def _recall(index: IvfIndex, sample: SampledQueries) -> float:
    """Return the share of the sample's nearest products that are in the index's shortlists."""
    search = tf.function(
        lambda queries: tf.map_fn(index.best, queries, fn_output_signature=tf.TensorSpec([index.shortlist], tf.int32))
    )
    found = search(tf.constant(sample.vectors)).numpy()
    return float(np.mean([np.isin(*pair).mean() for pair in zip(sample.nearest, found, strict=True)]))
