"""Trains the gesture model of Preflash on synthetic recordings and writes its card.

    swift build -c release
    python -m venv .venv && .venv/bin/pip install -r models/gesture/requirements.txt
    .venv/bin/python models/gesture/train.py

Synthesizes the recordings with `preflash synthesize gesture`, trains a small convolutional network
on voxel grids of 50 ms, quantizes it after training to int8, measures it on subjects never trained
on, and, where the third-party clips are at hand, on ten real recordings that nothing here was
fitted to. Writes gesture_int8.tflite, card.json5 and README.md beside this file.
"""

import argparse
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["TF_DETERMINISTIC_OPS"] = "1"

import numpy as np
import tensorflow as tf

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

from fitting import train, trainable_twin
from gestures import (
    BATCH, BINNING, BINS, CHANNELS, CLASSES, COUNT_CAP, DATA, SEED, SIDE, TEST_SUBJECTS, WINDOW,
    augmented, card, load_real, load_sets, measure, results)
from recipe.figures import percent, result_table
from recipe.int8 import Int8Model, quantized_after_training


# Network --------------------------------------------------------------------------------------


def network():
    """About 3.8 M multiply-accumulates; the first convolution has 24 channels.

    Pooled by two before anything else: on a Cortex-M7 the first convolution at full resolution
    would take most of 20 ms by itself, on a grid that is 97 % zeros. The last layers see where in
    the image something moved, which tells the sides apart.
    """
    layers = tf.keras.layers

    def convolve(x, channels, width, stride, padding):
        x = layers.Conv2D(channels, width, stride, padding, use_bias=False)(x)
        return layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.98)(x))

    inputs = layers.Input((SIDE, SIDE, CHANNELS), 1)
    x = layers.AveragePooling2D(2)(inputs)
    x = convolve(x, 24, 2, 2, "valid")
    x = convolve(x, 28, 3, 2, "same")
    x = convolve(x, 48, 3, 2, "same")
    x = convolve(x, 64, 3, 2, "same")
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    x = layers.Dropout(0.3)(layers.Dense(64, "relu")(x))
    return tf.keras.Model(inputs, layers.Dense(len(CLASSES))(x))


def quantized(model, trials):
    """Full-integer int8 after training, calibrated on windows of the training set."""
    random = np.random.default_rng(SEED + 1)

    def representative():
        for _ in range(400):
            grid, _ = augmented(trials[int(random.integers(len(trials)))], random)
            grid = grid.astype(np.float32)[None]
            # Both ends occur, so that one count is exactly 51 steps of the input.
            grid[0, 0, 0, :2] = [0, COUNT_CAP]
            yield [grid]

    return quantized_after_training(model, representative)


# Card and README ------------------------------------------------------------------------------


def write_card(model, found, steps):
    text = card(
        "gesture", "gesture_int8.tflite",
        "Eleven gestures from 50 ms of events, trained on synthetic recordings only",
        "double-rounding", model, found,
        f"{steps} steps of {BATCH} windows, AdamW, quantized after training")
    (HERE / "card.json5").write_text(text)


def write_readme(found, float_found, rows, confusion, model, size, real):
    per_class = "\n".join(
        f"| {i + 1} | {name} | {percent(confusion[i, i], confusion[i].sum())} |"
        f" {int((rows[rows[:, 0] == i, 3] == i).sum())} of {int((rows[:, 0] == i).sum())} |"
        f" {confused_with(confusion[i], i)} |" for i, name in enumerate(CLASSES))
    real_table = ""
    if real is not None:
        real_table = "\n## Ten real clips, one by one\n\n| class | windows right | majority |\n" \
            "| --- | --- | --- |\n" + "\n".join(
                f"| {CLASSES[c]} | {right} of {of} | {CLASSES[m]} |"
                for c, of, right, m in real) + "\n"
    text = f"""# Gesture model

Written by `train.py`; do not edit.

An int8 network that names one of eleven gestures from 50 ms of events of a 128×128 event camera.
**Trained on synthetic recordings only.** It is there to rehearse a deployment, so that memory,
latency and replay can be tried end to end, and not to recognize people's gestures in the field.

| | |
| --- | --- |
| file | `gesture_int8.tflite`, {size:,} bytes |
| input | int8 [1, {SIDE}, {SIDE}, {CHANNELS}], scale {model.scale:.9g}, zero point {model.zero_point} |
| representation | voxel grid: polarity (OFF, ON) × {BINS} bins, channel = polarity · {BINS} + bin |
| binning rule | `{BINNING}`: min((t − t0) · {BINS} div {WINDOW} µs, {BINS - 1}) |
| counts | capped at {COUNT_CAP}; one count is {1 / model.scale:.0f} steps of the input |
| window | {WINDOW // 1000} ms, one after another |
| output | int8 [1, {len(CLASSES)}], the classes below in order, the largest wins |
| data | {DATA} |
| held out | subjects {TEST_SUBJECTS[0]} to {TEST_SUBJECTS[-1]} and their seeds, never trained on nor looked at while training |
| recipe | `train.py`, seed {SEED}, versions in `requirements.txt` |

## Accuracy

Intervals are 95 %, by bootstrap over whole trials. A clip's answer is the majority of its windows.
Measured with the int8 kernels of TensorFlow {tf.__version__} (XNNPACK, `fp32-half-even`).

{result_table(found)}

Before quantization, on the held-out synthetic windows: {percent(float_found['correct'], float_found['of'])}.

## Held-out synthetic gestures by class

| | class | windows | clips | windows most often taken for |
| --- | --- | --- | --- | --- |
{per_class}
{real_table}
## Limits

- The subjects are capsules with texture, the sensor a model: see `Sources/Events/Sensor`. Real
  cameras have finite bandwidth, readout artefacts and flicker that these recordings lack. The gap
  between synthetic and real accuracy above is the size of that.
- A window of 50 ms often shows less than a tenth of a gesture's cycle. A wave and the upper part of
  an arm's circle then look alike.
- The synthesizer's poses and noise were made to look like the ten real clips by eye. The network was
  neither trained nor selected on them, yet they are not as strange to it as a new camera would be.
- “Other” is whatever the synthesizer makes up: five families of motion, no more.
- One person in view, facing the camera, from the thighs up, standing still.
"""
    (HERE / "README.md").write_text(text)


def confused_with(row, own):
    others = row.copy()
    others[own] = 0
    worst = int(others.argmax())
    return f"{CLASSES[worst]} ({percent(others[worst], row.sum())})" if others[worst] else "none"


# The recipe -----------------------------------------------------------------------------------


def main():
    tf.config.threading.set_intra_op_parallelism_threads(2)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preflash", default=str(ROOT / ".build/release/preflash"))
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / ".build/gesture")
    parser.add_argument("--real", type=pathlib.Path,
                        default=ROOT.parent / "shared/data/events/labelled/dvsgesture_slayer")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--measure", action="store_true",
                        help="measure the model that is there, without training")
    arguments = parser.parse_args()

    trials, checks, tests = load_sets(arguments.preflash, arguments.work)
    print(f"{len(trials)} trials to train on, {len(tests)} held out", flush=True)

    if not arguments.measure:
        model = train(network, trials, checks, arguments.steps)
        model.save(arguments.work / "gesture.keras")
        (HERE / "gesture_int8.tflite").write_bytes(quantized(model, trials))
    model = tf.keras.models.load_model(arguments.work / "gesture.keras")
    content = (HERE / "gesture_int8.tflite").read_bytes()

    int8 = Int8Model(content, COUNT_CAP)
    twin = trainable_twin(model)
    float_rows, _ = measure(
        lambda grids: twin(tf.cast(grids, tf.float32)).numpy().argmax(1), tests)
    rows, confusion = measure(int8.answers, tests)
    name = "held-out synthetic gestures"
    note = {"window": f"{len(tests)} trials, {len(TEST_SUBJECTS)} subjects never trained on;"
            " fp32-half-even",
            "clip": "majority of a trial's windows"}
    found = results(rows, name, note)
    float_found = results(float_rows, name, note)[0]
    real_rows = None
    if arguments.real.is_dir():
        real_rows, _ = measure(int8.answers, load_real(arguments.real))
        found += results(real_rows, "ten real clips of DVS128 Gesture", {
            "window": "one clip each of classes 1 to 10, real subjects; never trained on",
            "clip": "majority of a clip's windows; ten clips say little"})
    write_card(int8, found, arguments.steps)
    write_readme(found, float_found, rows, confusion, int8, len(content), real_rows)
    for row in found:
        print(f"{row['on']}, per {row['unit']}: {percent(row['correct'], row['of'])}"
              f" [{row['lower']:.3f}, {row['upper']:.3f}]")


if __name__ == "__main__":
    main()
