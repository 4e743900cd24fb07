"""Ranges of activations, (least, largest) with 0 inside, from values that were seen."""

import numpy as np


def least_largest(values):
    return min(values.min(), 0.0), max(values.max(), 0.0)


def percentile(values, share=99.99):
    low, high = np.percentile(values, [100 - share, share])
    return min(low, 0.0), max(high, 0.0)


def squared_error(values):
    """The clipped share of the range whose 8 bits differ least from the values."""
    low, high = least_largest(values)
    sample = values[:: max(1, len(values) // 200_000)]
    best = None
    for part in np.linspace(0.3, 1.0, 36):
        step = (high - low) * part / 255
        rounded = np.round(np.clip(sample, low * part, high * part) / step) * step
        error = float(np.mean((rounded - sample) ** 2))
        if best is None or error < best[0]:
            best = (error, part)
    return low * best[1], high * best[1]


def entropy(values, bins=2048, levels=128):
    """The clip that loses least information (Kullback–Leibler), as TensorRT chooses it."""
    low, high = least_largest(values)
    top = max(-low, high)
    counts, edges = np.histogram(np.abs(values[values != 0]), bins, (0, top))
    best = None
    for kept in range(levels, bins + 1, 16):
        clipped = counts[:kept].astype(float)
        clipped[-1] += counts[kept:].sum()
        shares = np.zeros(kept)
        for cells in np.array_split(np.arange(kept), levels):
            filled = cells[counts[cells] > 0]
            if len(filled):
                shares[filled] = counts[cells].sum() / len(filled)
        reference, shares = clipped / clipped.sum(), shares / max(shares.sum(), 1)
        both = (reference > 0)
        loss = float(np.sum(
            reference[both] * np.log(reference[both] / np.maximum(shares[both], 1e-10))))
        if best is None or loss < best[0]:
            best = (loss, edges[kept])
    return max(low, -best[1]), min(high, best[1])


OBSERVERS = {"min/max": least_largest, "percentile 99.99": percentile,
             "squared error": squared_error, "entropy": entropy}
