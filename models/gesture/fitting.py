"""Training of a gesture network in float32."""

import numpy as np
import tensorflow as tf

from gestures import BATCH, CLASSES, SEED, augmented, batches, grid_of_windows


def trainable_twin(model):
    """The same layers without the fixed batch of one, for training."""
    inputs = tf.keras.Input(model.input_shape[1:])
    return tf.keras.Model(inputs, model(inputs))


def train(network, trials, checks, steps, vary=augmented, windows_of=grid_of_windows,
          rate=3e-3):
    """A model of `network`, trained on windows that `vary` draws; `checks` are only watched."""
    tf.keras.utils.set_random_seed(SEED)
    fixed = network()
    model = trainable_twin(fixed)
    schedule = tf.keras.optimizers.schedules.CosineDecay(
        0.0, steps, alpha=0.01, warmup_target=rate, warmup_steps=min(200, steps // 10))
    optimizer = tf.keras.optimizers.AdamW(schedule, weight_decay=1e-3)
    loss_of = tf.keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05)

    @tf.function
    def step(grids, labels):
        with tf.GradientTape() as tape:
            logits = model(tf.cast(grids, tf.float32), training=True)
            loss = loss_of(tf.one_hot(labels, len(CLASSES)), logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        hits = tf.reduce_mean(tf.cast(tf.argmax(logits, 1, tf.int32) == labels, tf.float32))
        return loss, hits

    checked = [(windows_of(trial), trial[1]) for trial in checks]
    random = np.random.default_rng(SEED)
    losses, hits = [], []
    for index, (grids, labels) in enumerate(batches(trials, random, steps, vary), 1):
        loss, hit = step(grids, labels)
        losses.append(float(loss))
        hits.append(float(hit))
        if index % 250 == 0 or index == steps:
            right = sum(
                int((model(tf.cast(g, tf.float32)).numpy().argmax(1) == label).sum())
                for g, label in checked)
            total = sum(len(g) for g, _ in checked)
            print(f"step {index}: loss {np.mean(losses):.3f}, trained {np.mean(hits):.3f},"
                  f" unseen subjects {right / total:.3f}", flush=True)
            losses, hits = [], []
    return fixed
