"""One way to train every member: in float32, with 8 bits, with weights held at zero, from a teacher."""

import numpy as np
import tensorflow as tf

from detection import loss_of, overlap_of, targets
from network import OUTPUTS, forward
from pruning import rising, unstructured
from recipe.int8 import fake_weights

MOMENTUM = 0.95  # of the means and variances of batch normalization
PRUNING_EVERY = 10  # steps


class Samples:
    """A set with its targets, drawn in random batches."""

    def __init__(self, data, full, gain=0.0):
        """`full` is the stored number that the network shall see as its input's largest."""
        self.data, self.gain = data, gain
        self.unit, self.largest = full
        found = [targets(*truth) for truth in data.truths]
        self.labels = np.stack([label for label, _ in found])
        self.sides = np.stack([sides for _, sides in found]).astype(np.float16)

    def batches(self, steps, batch, seed):
        random = np.random.default_rng(seed)
        for _ in range(steps):
            picks = random.integers(0, len(self.labels), batch)
            pictures = self.data.pictures[picks].astype(np.float32) * self.unit
            if self.gain:
                gain = random.uniform(1 - self.gain, 1 + self.gain, (batch, 1, 1, 1))
                pictures = np.minimum(pictures * gain.astype(np.float32), self.largest)
            yield pictures, self.labels[picks], self.sides[picks].astype(np.float32)


class Normalization:
    """Batch normalization of every convolution but the last two, to be multiplied into weights."""

    def __init__(self, parameters):
        names = [name for name in parameters if name not in OUTPUTS]
        size = {name: parameters[name][1].shape[0] for name in names}
        self.scale = {name: tf.Variable(tf.ones(size[name])) for name in names}
        self.mean = {name: tf.Variable(tf.zeros(size[name]), trainable=False) for name in names}
        self.variance = {name: tf.Variable(tf.ones(size[name]), trainable=False) for name in names}

    def __call__(self, name, x):
        y, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            x, self.scale[name], tf.zeros_like(self.scale[name]), epsilon=1e-3)
        for kept, now in ((self.mean[name], mean), (self.variance[name], variance)):
            kept.assign(MOMENTUM * kept + (1 - MOMENTUM) * now)
        return y

    def folded(self, parameters):
        found = dict(parameters)
        for name, scale in self.scale.items():
            weights, bias = parameters[name]
            factor = scale.numpy() / np.sqrt(self.variance[name].numpy() + 1e-3)
            found[name] = (weights * factor, bias - self.mean[name].numpy() * factor)
        return found


def distilled(answer, taught, labels):
    """How far from the teacher: its scores on every cell asked, its boxes where there is an object."""
    soft = tf.nn.sigmoid_cross_entropy_with_logits(tf.sigmoid(taught[0]), answer[0])
    asked = tf.cast(labels != -2, tf.float32)
    seen = tf.cast(labels >= 0, tf.float32)
    boxes = tf.reduce_sum((1 - overlap_of(answer[1], taught[1])) * seen)
    return (tf.reduce_sum(soft * asked[..., None]) + 2 * boxes) / (tf.reduce_sum(seen) + 1)


def hold_at_zero(variables, masks, share):
    """Sets that share of the weights to zero and their masks with them."""
    left = unstructured(
        {name: tuple(part.numpy() for part in pair) for name, pair in variables.items()}, share)
    parts = [part for name in variables for part in left[name]]
    for variable, mask, part in zip((v for pair in variables.values() for v in pair), masks, parts):
        if mask is not None:
            variable.assign(part)
            mask.assign((part != 0).astype(np.float32))


def train(nodes, parameters, samples, steps, batch, rate, seed, normalize=False, sparse=False,
          prune=None, ranges=None, averaging=0.01, teacher=None):
    """(parameters, ranges) after so many steps by Adam, the rate falling along a cosine.

    - normalize: begins with batch normalization, which is multiplied into the weights at the end.
    - sparse: weights that are zero stay so.
    - prune: (share, steps); weights become zero until that share is at that step, and stay so.
    - ranges: 8 bits in every forward pass, within these `Ranges`, which follow each batch's least
      and largest values by the part `averaging`; gradients pass rounding unchanged and stop where
      a value is clipped (straight-through estimator).
    - teacher: (nodes, parameters) of a network whose answers count as much as the truth.
    """
    tf.keras.utils.set_random_seed(seed)
    variables = {name: tuple(tf.Variable(part) for part in pair)
                 for name, pair in parameters.items()}
    flat = [part for pair in variables.values() for part in pair]
    masks = [tf.Variable((part.numpy() != 0).astype(np.float32), trainable=False)
             if (sparse or prune) and len(part.shape) == 4 else None for part in flat]
    batch_norm = Normalization(parameters) if normalize else None
    trained = flat + (list(batch_norm.scale.values()) if normalize else [])
    schedule = tf.keras.optimizers.schedules.CosineDecay(
        rate / 10, steps, alpha=0.1, warmup_target=rate, warmup_steps=min(100, steps // 10))
    optimizer = tf.keras.optimizers.Adam(schedule, global_clipnorm=10.0)
    moving = ranges.moving(averaging) if ranges is not None else None

    @tf.function(reduce_retracing=True)
    def step(pictures, labels, sides):
        taught = forward(*teacher, pictures) if teacher else None
        with tf.GradientTape() as tape:
            options = {"weigh": fake_weights(True), "see": moving.see} if moving else {}
            answer = forward(nodes, variables, pictures, normalize=batch_norm, **options)
            loss = loss_of(*answer, labels, sides)
            if teacher:
                loss = loss + distilled(answer, taught, labels)
        gradients = tape.gradient(loss, trained)
        optimizer.apply_gradients(zip(gradients, trained))
        for part, mask in zip(flat, masks):
            if mask is not None:
                part.assign(part * mask)
        return loss

    losses = []
    for index, batch in enumerate(samples.batches(steps, batch, seed), 1):
        if prune and (index % PRUNING_EVERY == 0 or index == prune[1]) and index <= prune[1]:
            hold_at_zero(variables, masks, rising(prune[0], index, prune[1]))
        losses.append(float(step(*map(tf.constant, batch))))
        if index % 250 == 0 or index == steps:
            print(f"  step {index}: loss {np.mean(losses[-250:]):.3f}", flush=True)
    found = {name: tuple(part.numpy() for part in pair) for name, pair in variables.items()}
    if normalize:
        found = batch_norm.folded(found)
    return found, moving.kept() if moving else None
