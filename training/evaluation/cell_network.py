"""A small convolutional network over cells: the half of the judge of category that looks at parts in place.

Three convolutions with a stride of two turn the 20x20x20 cells into 3x3x3 positions, two dense layers turn
these into log odds of the categories. It is trained with PyTorch and then runs on NumPy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.statements.spans import Voxels
from training.evaluation.voxels import centred_grids

Floats = NDArray[np.float32]
STRIDE = 2
_CHANNELS = (24, 48, 96)
_KERNELS = (4, 3, 3)
_POSITIONS = 27
_HIDDEN = 128
_BATCH = 128
_AT_ONCE = 64
"""Grids that are looked at together when it runs: what bounds its memory."""


@dataclass(frozen=True)
class CellNetwork:
    """The trained network.

    Attributes:
        convolutions: weight (out, in, k, k, k) and bias (out,) of each, float32.
        dense: weight (inputs, outputs) and bias (outputs,) of each dense layer, float32.
    """

    convolutions: tuple[tuple[Floats, Floats], ...]
    dense: tuple[tuple[Floats, Floats], ...]

    def scores(self, grids: Voxels) -> Floats:
        """What speaks for each category, shape (n, categories), for the grids (n, 20, 20, 20)."""
        placed = centred_grids(grids).astype(np.float32)
        parts = [self._scores(placed[start : start + _AT_ONCE]) for start in range(0, len(placed), _AT_ONCE)]
        return np.concatenate(parts)

    def _scores(self, cells: Floats) -> Floats:
        seen = cells[:, None]
        for weight, bias in self.convolutions:
            seen = np.maximum(_convolved(seen, weight) + bias[:, None, None, None], 0.0)
        x = seen.reshape(len(seen), -1)
        (first, first_bias), (second, second_bias) = self.dense
        result: Floats = np.maximum(x @ first + first_bias, 0.0) @ second + second_bias
        return result


def _convolved(x: Floats, weight: Floats) -> Floats:
    """The convolution of x (n, in, s, s, s), with a border of one empty cell."""
    size = weight.shape[-1]
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size, size), axis=(2, 3, 4))
    chosen = windows[:, :, ::STRIDE, ::STRIDE, ::STRIDE]
    result: Floats = np.tensordot(chosen, weight, axes=((1, 5, 6, 7), (1, 2, 3, 4)))
    return np.ascontiguousarray(np.moveaxis(result, -1, 1))


def arrays_of(network: CellNetwork) -> dict[str, Floats]:
    """Its weights by name, as they are kept in a file."""
    return {
        f"{layer}{i}_{part}": array
        for layer, pairs in (("conv", network.convolutions), ("dense", network.dense))
        for i, pair in enumerate(pairs)
        for part, array in zip(("w", "b"), pair, strict=True)
    }


def from_arrays(kept: Mapping[str, Any]) -> CellNetwork:
    """The network whose :func:`arrays_of` are ``kept``.

    Raises:
        KeyError: one is missing.
    """

    def pairs(layer: str, count: int) -> tuple[tuple[Floats, Floats], ...]:
        names = [(f"{layer}{i}_w", f"{layer}{i}_b") for i in range(count)]
        return tuple((kept[w].astype(np.float32), kept[b].astype(np.float32)) for w, b in names)

    return CellNetwork(pairs("conv", len(_CHANNELS)), pairs("dense", 2))


def train_cell_network(
    grids: Voxels, labels: NDArray[np.intp], outputs: int, epochs: int, seed: int, copies: Any
) -> CellNetwork:
    """Train on altered copies of the grids, drawn anew for each pass.

    Args:
        grids: shapes (n, 20, 20, 20).
        labels: number of the category of each.
        outputs: how many categories there are.
        epochs: passes.
        seed: of the network and the order.
        copies: called for each pass; gives the altered grids, as many as there are labels.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    before = 1
    for number, (channels, size) in enumerate(zip(_CHANNELS, _KERNELS, strict=True)):
        layers.append(nn.Conv3d(before, channels, size, stride=STRIDE, padding=1))
        layers += [nn.BatchNorm3d(channels)] if number else []
        layers.append(nn.ReLU())
        before = channels
    network = nn.Sequential(
        *layers,
        nn.Flatten(),
        nn.Dropout(0.4),
        nn.Linear(before * _POSITIONS, _HIDDEN),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(_HIDDEN, outputs),
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05)
    steps = epochs * -(-len(labels) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    y = torch.from_numpy(labels.astype(np.int64))
    network.train()
    for number in range(epochs):
        x = torch.from_numpy(centred_grids(copies(number)).astype(np.float32))[:, None]
        for chosen in torch.randperm(len(x)).split(_BATCH):
            loss = functional.cross_entropy(network(x[chosen]), y[chosen], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return _taken_from(network)


def _taken_from(network: Any) -> CellNetwork:
    """The PyTorch network's weights, with its normalisations worked into the convolutions before them."""
    from torch import nn

    def array(tensor: Any) -> Floats:
        result: Floats = tensor.detach().numpy().astype(np.float32)
        return result

    convolutions: list[tuple[Floats, Floats]] = []
    dense: list[tuple[Floats, Floats]] = []
    for layer in network:
        if isinstance(layer, nn.Conv3d):
            convolutions.append((array(layer.weight), array(layer.bias)))
        elif isinstance(layer, nn.BatchNorm3d):
            weight, bias = convolutions[-1]
            factor = array(layer.weight) / np.sqrt(array(layer.running_var) + layer.eps)
            convolutions[-1] = (
                (weight * factor[:, None, None, None, None]).astype(np.float32),
                ((bias - array(layer.running_mean)) * factor + array(layer.bias)).astype(np.float32),
            )
        elif isinstance(layer, nn.Linear):
            dense.append((array(layer.weight).T.copy(), array(layer.bias)))
    return CellNetwork(tuple(convolutions), tuple(dense))
