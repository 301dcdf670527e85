"""Components of graphs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


def component_labels(nodes: int, a: IntArray, b: IntArray) -> IntArray:
    """Label (nodes,) each node of an undirected graph with the smallest node it is connected to.

    Args:
        nodes: number of nodes.
        a: (e,) one end of each edge.
        b: (e,) the other end.
    """
    label = np.arange(nodes)
    while True:
        smaller = np.minimum(label[a], label[b])
        before = label.copy()
        # Hook the roots, not the nodes: with the pointer jumps this ends after a few rounds.
        np.minimum.at(label, before[a], smaller)
        np.minimum.at(label, before[b], smaller)
        while not np.array_equal(label, jumped := label[label]):
            label = jumped
        if np.array_equal(label, before):
            return label
