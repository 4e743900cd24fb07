"""A trained network made wider without changing what it answers (Net2WiderNet, Chen et al. 2016).

Every added channel is a copy of one that is there, and what reads the channel gets its share of the
weight, so that the sum stays. A little noise lets the copies part ways in training.
"""

import numpy as np
import tensorflow as tf

NOISE = 0.05  # of the standard deviation of the weights that are copied


def parameters(model):
    """Layers with weights, in order: (layer, the batch normalization behind it or None)."""
    layers = model.layers
    return [
        (layer, layers[index + 1] if isinstance(layer, tf.keras.layers.Conv2D) else None)
        for index, layer in enumerate(layers)
        if isinstance(layer, (tf.keras.layers.Conv2D, tf.keras.layers.Dense))]


def widen(small, large, seed):
    """Sets the weights of `large`, whose layers have as many channels as those of `small` or more.

    Where `large` has other input channels than `small`, each takes the mean of as many neighbours:
    a polarity's count the mean of that polarity's bins.
    """
    random = np.random.default_rng(seed)
    copies = None
    positions = 1
    for (source, source_norm), (target, target_norm) in zip(parameters(small), parameters(large)):
        weights = source.get_weights()[0]
        is_dense = isinstance(source, tf.keras.layers.Dense)
        if copies is None:
            inputs = target.kernel.shape[2]
            grouped = weights.reshape(*weights.shape[:2], inputs, -1, weights.shape[3])
            weights = grouped.mean(3)
        else:
            if is_dense:
                positions = weights.shape[0] // (int(copies.max()) + 1)
                weights = weights.reshape(positions, -1, weights.shape[1])
            shares = 1 / np.bincount(copies)[copies]
            shape = [1] * weights.ndim
            shape[-2] = len(copies)
            weights = np.take(weights, copies, axis=-2) * shares.reshape(shape)
            if is_dense:
                weights = weights.reshape(-1, weights.shape[-1])
        here, wanted = weights.shape[-1], target.kernel.shape[-1]
        copies = np.concatenate([np.arange(here), random.integers(0, here, wanted - here)])
        widened = weights[..., copies]
        widened[..., here:] += random.normal(
            0, NOISE * weights.std(), widened[..., here:].shape)
        if is_dense:
            target.set_weights([widened, source.get_weights()[1][copies]])
        else:
            target.set_weights([widened])
            target_norm.set_weights([part[copies] for part in source_norm.get_weights()])
    return large
