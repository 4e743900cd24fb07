"""Int8 by ranges that are known: folded networks, range observers, and quantization-aware training.

A folded network is a list of (weights, bias), convolutions first, batch normalization multiplied
into them. A range is (least, largest) of one activation: the input's first, then one of every
layer's output. What is trained with fake quantization and what is exported take the same ranges.
"""

import numpy as np
import tensorflow as tf

from gestures import BATCH, CLASSES, augmented, batches
from recipe.int8 import converted, fake_weights
from recipe.observers import OBSERVERS, least_largest

STRIDES = [(2, "VALID"), (2, "SAME"), (2, "SAME"), (2, "SAME")]


def folded(model):
    """The convolutions and dense layers of a Keras model, in order, as NumPy arrays."""
    layers, found = model.layers, []
    for index, layer in enumerate(layers):
        if isinstance(layer, tf.keras.layers.Conv2D):
            scale, shift, mean, variance = (
                part.numpy() for part in (
                    layers[index + 1].gamma, layers[index + 1].beta,
                    layers[index + 1].moving_mean, layers[index + 1].moving_variance))
            factor = scale / np.sqrt(variance + layers[index + 1].epsilon)
            found.append([layer.kernel.numpy() * factor, shift - mean * factor])
        elif isinstance(layer, tf.keras.layers.Dense):
            found.append(layer.get_weights())
    return found


def forward(network, grids, weigh=lambda weights: weights, see=lambda index, x: x):
    """Logits; `weigh` is applied to weights, `see` to each activation."""
    x = see(0, grids)
    x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
    for index, (weights, bias) in enumerate(network):
        if index < len(STRIDES):
            stride, padding = STRIDES[index]
            x = tf.nn.conv2d(x, weigh(weights), stride, padding)
        else:
            if index == len(STRIDES):
                x = tf.reshape(x, [-1, int(np.prod(x.shape[1:]))])
            x = x @ weigh(weights)
        x = tf.nn.bias_add(x, bias)
        x = see(index + 1, tf.nn.relu(x) if index + 1 < len(network) else x)
    return x


def exported(network, shape, ranges=None, per_channel=True):
    """A .tflite of float32, or of int8 throughout where there are ranges."""
    def see(index, x):
        return x if ranges is None else tf.quantization.fake_quant_with_min_max_args(
            x, float(ranges[index][0]), float(ranges[index][1]))

    constants = [[tf.constant(part) for part in layer] for layer in network]
    if ranges is not None:
        weigh = fake_weights(per_channel)
    else:
        weigh = tf.identity

    @tf.function(input_signature=[tf.TensorSpec([1, *shape], tf.float32)])
    def answer(grids):
        return forward(constants, grids, weigh, see)

    return converted(answer, ranges is not None)


# Observers ------------------------------------------------------------------------------------


def activations(network, grids):
    """Every activation of a few grids, flat, the input's first."""
    seen = [[] for _ in range(len(network) + 1)]

    def see(index, x):
        seen[index].append(x.numpy().ravel())
        return x

    for start in range(0, len(grids), BATCH):
        forward(network, tf.constant(grids[start:start + BATCH], tf.float32), see=see)
    return [np.concatenate(parts) for parts in seen]


def observed(seen, observer, cap):
    """Ranges by one observer; the input's is that of the counts, the logits' is not clipped."""
    return [(0.0, float(cap)), *(tuple(map(float, OBSERVERS[observer](values)))
                                 for values in seen[1:-1]),
            tuple(map(float, least_largest(seen[-1])))]


# Training on ----------------------------------------------------------------------------------


def refined(network, trials, steps, seed, averaging=None, cap=None, vary=augmented, rate=3e-4):
    """The folded network trained on, in float32 or with 8 bits in every forward pass; its ranges.

    With `averaging`, ranges follow each batch's least and largest values that part of the way;
    gradients pass rounding unchanged and stop where a value is clipped (straight-through
    estimator). Without it there are no ranges: the same training for a fair comparison.
    """
    tf.keras.utils.set_random_seed(seed)
    variables = [[tf.Variable(part) for part in layer] for layer in network]
    flat = [part for layer in variables for part in layer]
    ranges = tf.Variable(np.zeros((len(network) + 1, 2), np.float32))
    if averaging is not None:
        ranges[0].assign([0.0, float(cap)])
    schedule = tf.keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
    optimizer = tf.keras.optimizers.Adam(schedule)
    loss_of = tf.keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05)

    @tf.function
    def step(grids, labels, part):
        def see(index, x):
            if index > 0:
                present = tf.stop_gradient(tf.stack([
                    tf.minimum(tf.reduce_min(x), 0.0), tf.maximum(tf.reduce_max(x), 0.0)]))
                ranges[index].assign(ranges[index] + part * (present - ranges[index]))
            return tf.quantization.fake_quant_with_min_max_vars(
                x, tf.stop_gradient(ranges[index, 0]), tf.stop_gradient(ranges[index, 1]))

        with tf.GradientTape() as tape:
            grids = tf.cast(grids, tf.float32)
            if averaging is None:
                logits = forward(variables, grids)
            else:
                logits = forward(variables, grids, fake_weights(True), see)
            loss = loss_of(tf.one_hot(labels, len(CLASSES)), logits)
        optimizer.apply_gradients(zip(tape.gradient(loss, flat), flat))
        return loss

    losses = []
    random = np.random.default_rng(seed)
    for index, (grids, labels) in enumerate(batches(trials, random, steps, vary)):
        # The first batch sets the ranges, later ones move them.
        part = tf.constant(1.0 if index == 0 else averaging or 0.0)
        losses.append(float(step(grids, labels, part)))
    print(f"refined, averaging {averaging}: loss {np.mean(losses[-50:]):.3f}", flush=True)
    return [[part.numpy() for part in layer] for layer in variables], ranges.numpy()
