"""Trains the gesture family of Preflash: one network in float32 and in several kinds of int8.

    swift build -c release
    python -m venv .venv && .venv/bin/pip install -r models/gesture/family/requirements.txt
    .venv/bin/python models/gesture/family/train.py

Starts from the float32 network that the recipe one folder up leaves in the work folder, made wider,
and trains on that recipe's synthetic recordings; run it first. Writes every network as .tflite,
a card for each of the int8 ones on voxel grids, results.json and README.md beside this file.
Networks in training are kept in the work folder: a second run goes on from those that are there.
"""

import argparse
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["TF_DETERMINISTIC_OPS"] = "1"

import numpy as np
import tensorflow as tf

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[1:1] = [str(HERE.parent), str(HERE.parent.parent)]

import quantization
import reality
import widening
from fitting import train
from gestures import (
    BATCH, BINNING, BINS, CLASSES, COUNT_CAP, SEED, SIDE, TEST_SUBJECTS, augmented, card,
    grid_of_windows, load_real, load_sets)
from recipe import figures
from recipe.int8 import Int8Model
from recipe.observers import OBSERVERS

STEPS = {"voxel": 500, "frames": 700, "refine": 150}
RATE = 1e-3  # of networks that were trained before; a third of that recipe's own
FRAME_CAP = 15
CALIBRATION = 256  # windows
VOXEL = (SIDE, SIDE, 2 * BINS)
FRAME = (SIDE, SIDE, 2)
# The clips that are fitted on, then those that are scored; swapped afterwards. From 0.
HALVES = ([0, 2, 4, 6, 8], [1, 3, 5, 7, 9])


# Networks -------------------------------------------------------------------------------------


def network(small, channels, first, last):
    """Pooled by two, four convolutions that halve the image, two dense layers; plain ReLU.

    Begins as the network `small`, made wider.
    """
    def build():
        layers = tf.keras.layers

        def convolve(x, channels, width, padding):
            x = layers.Conv2D(channels, width, 2, padding, use_bias=False)(x)
            return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))

        inputs = layers.Input((SIDE, SIDE, channels), 1)
        x = layers.AveragePooling2D(2)(inputs)
        x = convolve(x, first, 2, "valid")
        x = convolve(x, 36, 3, "same")
        x = convolve(x, 64, 3, "same")
        x = convolve(x, last, 3, "same")
        x = layers.Dropout(0.2)(layers.Flatten()(x))
        x = layers.Dropout(0.3)(layers.Dense(256, "relu")(x))
        model = tf.keras.Model(inputs, layers.Dense(len(CLASSES))(x))
        return widening.widen(small, model, SEED + 30)
    return build


def frame(trial, random):
    return augmented(trial, random, 1, FRAME_CAP)


def frames_of_windows(trial):
    return grid_of_windows(trial, 1, FRAME_CAP)


class Kept:
    """Networks in training, one file each."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def network(self, name, make):
        """(folded network, ranges), from its file or made now."""
        path = self.folder / f"{name}.npz"
        if not path.exists():
            layers, ranges = make()
            arrays = {f"{kind}{i}": part for i, layer in enumerate(layers)
                      for kind, part in zip("wb", layer)}
            part = path.with_suffix(".part.npz")
            np.savez(part, ranges=ranges, **arrays)
            part.rename(path)
        data = np.load(path)
        count = sum(1 for key in data if key.startswith("w"))
        return [[data[f"w{i}"], data[f"b{i}"]] for i in range(count)], data["ranges"]


def trained(kept, small, trials, checks):
    """All networks in float32 and those trained with 8 bits, by name."""
    none = np.zeros((0, 2))
    start, _ = kept.network("start", lambda: (quantization.folded(train(
        network(small, 2 * BINS, 24, 160), trials, checks, STEPS["voxel"], rate=RATE)), none))
    frames, _ = kept.network("frames", lambda: (quantization.folded(train(
        network(small, 2, 64, 208), trials, checks, STEPS["frames"], frame, frames_of_windows,
        RATE)), none))

    def refine(averaging, vary=augmented):
        return lambda: quantization.refined(
            start, trials, STEPS["refine"], SEED + 10, averaging, COUNT_CAP, vary)

    return {
        "frames": (frames, None),
        "voxel": kept.network("voxel", refine(None)),
        "qat_001": kept.network("qat_001", refine(0.01)),
        "qat_010": kept.network("qat_010", refine(0.1)),
    }, refine


def exported(networks, trials, checks):
    """Every variant as (title, .tflite), and how the observers did while watched."""
    voxel = networks["voxel"][0]
    random = np.random.default_rng(SEED + 1)
    grids = np.stack([
        augmented(trials[int(random.integers(len(trials)))], random)[0]
        for _ in range(CALIBRATION)])
    seen = quantization.activations(voxel, grids)
    ranges = {name: quantization.observed(seen, name, COUNT_CAP)
              for name in OBSERVERS}
    content = {name: quantization.exported(voxel, VOXEL, found) for name, found in ranges.items()}
    watched = {}
    for name, model in content.items():
        int8 = Int8Model(model, COUNT_CAP)
        watched[name] = sum(
            int((int8.answers(grid_of_windows(trial)) == trial[1]).sum()) for trial in checks)
    best = max((name for name in watched if name != "min/max"), key=lambda name: watched[name])
    variants = {
        "frames_fp32": ("fp32, accumulated frames",
                        quantization.exported(networks["frames"][0], FRAME)),
        "voxel_fp32": ("fp32, voxel input", quantization.exported(voxel, VOXEL)),
        "voxel_ptq_minmax": ("PTQ int8, min/max", content["min/max"]),
        "voxel_ptq_best": (f"PTQ int8, best other observer: {best}", content[best]),
        "voxel_qat_001": ("QAT int8, moving average 0.01",
                          quantization.exported(*swapped(networks["qat_001"]))),
        "voxel_qat_010": ("QAT int8, moving average 0.1",
                          quantization.exported(*swapped(networks["qat_010"]))),
        "voxel_per_tensor": ("PTQ int8, min/max, weights per tensor", quantization.exported(
            voxel, VOXEL, ranges["min/max"], per_channel=False)),
    }
    return variants, watched


def swapped(pair):
    return pair[0], VOXEL, pair[1]


# Measurement ----------------------------------------------------------------------------------


def float_answers(layers, grids):
    return quantization.forward(layers, tf.constant(grids, tf.float32)).numpy().argmax(1)


def answers(networks, variants, trials):
    """Of every variant: whether each window is right, a list for each trial, and the majority."""
    integer = {name: Int8Model(content, COUNT_CAP) for name, (_, content) in variants.items()
               if not name.endswith("fp32")}
    right = {name: [] for name in variants}
    majority = {name: [] for name in variants}
    for trial in trials:
        voxels = grid_of_windows(trial)
        for name in variants:
            if name == "frames_fp32":
                found = float_answers(networks["frames"][0], frames_of_windows(trial))
            elif name == "voxel_fp32":
                found = float_answers(networks["voxel"][0], voxels)
            else:
                found = integer[name].answers(voxels)
            right[name].append(found == trial[1])
            majority[name].append(
                np.bincount(found, minlength=len(CLASSES)).argmax() == trial[1])
    return right, majority


def share(right, majority):
    hits = np.array([part.sum() for part in right])
    of = np.array([len(part) for part in right])
    low, high = figures.clustered_interval(hits, of, SEED + 2)
    return {"right": int(hits.sum()), "of": int(of.sum()), "lower": float(low),
            "upper": float(high), "clips": int(np.sum(majority)), "of_clips": len(majority)}


def paired(first, second):
    """Difference of two accuracies on the same windows, whole trials drawn with replacement."""
    gain = np.array([a.sum() - b.sum() for a, b in zip(first, second)])
    of = np.array([len(part) for part in first])
    low, high = figures.clustered_interval(gain, of, SEED + 3)
    return {"difference": float(gain.sum() / of.sum()), "lower": float(low), "upper": float(high)}


PAIRS = [
    ("voxel_fp32", "frames_fp32"), ("voxel_fp32", "voxel_qat_001"),
    ("voxel_qat_001", "voxel_ptq_minmax"), ("voxel_qat_001", "voxel_ptq_best"),
    ("voxel_qat_001", "voxel_qat_010"), ("voxel_fp32", "voxel_ptq_minmax"),
    ("voxel_ptq_minmax", "voxel_per_tensor"),
]


def gap(kept, refine, plain, trials, real):
    """Fitted on five clips and scored on the other five, both ways."""
    before, after, fits = [None] * len(real), [None] * len(real), []
    for number, (fit_on, score_on) in enumerate((HALVES, HALVES[::-1])):
        fit = reality.fitted([real[i] for i in fit_on], trials, SEED + 20)
        layers, _ = kept.network(f"real_{number}", refine(None, reality.varied(fit)))
        fits.append({"fitted_on": [i + 1 for i in fit_on], "tempo": fit[0], "echo": fit[1],
                     "noise": fit[2], "down": fit[3]})
        print(f"fitted on {fits[-1]}", flush=True)
        for i in score_on:
            grids = grid_of_windows(real[i])
            before[i] = float_answers(plain, grids)
            after[i] = float_answers(layers, grids)
    labels = [clip[1] for clip in real]

    def scored(found):
        right = [part == label for part, label in zip(found, labels)]
        majority = [np.bincount(part, minlength=len(CLASSES)).argmax() == label
                    for part, label in zip(found, labels)]
        return right, share(right, majority)

    (right_before, row_before), (right_after, row_after) = scored(before), scored(after)
    return {"fits": fits, "before": row_before, "after": row_after,
            "gain": paired(right_after, right_before),
            "clips": [{"class": CLASSES[label], "of": len(one), "before": int(one.sum()),
                       "after": int(two.sum())}
                      for label, one, two in zip(labels, right_before, right_after)]}


# Cards and README -----------------------------------------------------------------------------


def write_card(name, title, model, rows, steps):
    found = [
        figures.result(on, "window", row["right"], row["of"], (row["lower"], row["upper"]), note)
        for on, row, note in rows]
    text = card(
        name, f"{name}.tflite",
        f"{title}: eleven gestures from 50 ms of events, trained on synthetic recordings only",
        "fp32-half-even", model, found,
        f"{steps} steps of {BATCH} windows from the wider copy of ../gesture_int8's network")
    (HERE / f"{name}.json5").write_text(text)


def points(pair):
    return (f"{100 * pair['difference']:+.2f} points"
            f" [{100 * pair['lower']:+.2f}, {100 * pair['upper']:+.2f}]")


def write_readme(found):
    def row(name, entry):
        held, real = entry["held_out"], entry["real"]
        text = (f"| {entry['title']} | `{name}.tflite` | {entry['bytes']:,} |"
                f" {figures.percent(held['right'], held['of'])} |"
                f" {100 * held['lower']:.1f} to {100 * held['upper']:.1f} % |")
        return text + (f" {figures.percent(real['right'], real['of'])} |"
                       f" {100 * real['lower']:.0f} to {100 * real['upper']:.0f} % |"
                       if real else " - | - |")

    table = "\n".join(row(name, entry) for name, entry in found["variants"].items())
    titles = {name: entry["title"] for name, entry in found["variants"].items()}
    pairs = "\n".join(
        f"| {titles[pair['first']]} | {titles[pair['second']]} | {points(pair)} |"
        f" {'yes' if pair['lower'] > 0 or pair['upper'] < 0 else 'no'} |"
        for pair in found["pairs"])
    watched = ", ".join(f"{name} {count}" for name, count in found["observers"].items())
    (HERE / "README.md").write_text(f"""# Gesture family

Written by `train.py`; do not edit.

One network for eleven gestures from 50 ms of events, in float32 and in several kinds of int8:
what quantization costs, and what it buys, measured on the same windows. **Trained on synthetic
recordings only**; for rehearsing a deployment, not for recognizing people's gestures in the field.

Pooled by two, convolutions of 24, 36, 64 and 160 channels that halve the image, dense layers of 256
and 11; the network on frames begins with 64 channels and ends its convolutions with 208. Batch
normalization is folded into the convolutions before anything is quantized; every int8 file has the
very ranges that its observer found or its training used. Voxel grids as in the recipe one folder up
(two polarities × {BINS} bins, `{BINNING}`, counts capped at {COUNT_CAP}); frames are counts of the
same 50 ms in two polarities, capped at {FRAME_CAP}.

## Accuracy

Windows of {len(TEST_SUBJECTS)} synthetic subjects never trained on, and of ten real clips of DVS128
Gesture that no network in this table was fitted to. Intervals are 95 %, by bootstrap over whole
trials and clips. int8 by TensorFlow {tf.__version__} (XNNPACK, `fp32-half-even`).

| | file | bytes | held out | interval | real clips | interval |
| --- | --- | --- | --- | --- | --- | --- |
{table}

Every network begins as the float32 network of the recipe one folder up (6000 steps), its channels
copied until there are as many as here. The one on voxel grids was trained on for {STEPS['voxel']}
steps, and then for {STEPS['refine']} more three times over: in float32 (the row “fp32, voxel input”, from
which the post-training files are made) and with 8 bits in every forward pass, twice. So among these
no row has seen more data than another. The one on frames, whose first layer had to be made up from
one for other inputs, was trained on for {STEPS['frames']} steps.

Of {found['checked']} windows of the subjects watched while training, by observer: {watched}. The best
observer other than min/max was chosen there.

## Differences, pair by pair

| first | less second | difference, 95 % interval | is it one |
| --- | --- | --- | --- |
{pairs}

{found['verdict']}
{gap_text(found['gap'])}
## Limits

- A window of 50 ms often shows less than a tenth of a gesture's cycle.
- Each row is one training with one seed. The intervals say what other windows would have changed, not
  what another seed would: a difference between two rows that were trained apart, such as the two of
  QAT, may be no more than that.
- The network on frames began with a first layer made for other inputs and ended with fewer steps
  behind it: its row says more about that than about frames.
- The held-out subjects come from the same synthesizer; the real clips say how far that carries.
- Ten real clips, one for each class but “other”: their intervals are wide.
- The synthesizer's poses and noise had been made to look like these ten clips by eye before any of
  this. They are not as strange to the networks as a new camera would be.
- Calibrated on {CALIBRATION} windows of the training set.
""")


def compared(pair, above, below, equal):
    """One of three phrases, by which side of 0 the interval of a difference lies on."""
    return above if pair["lower"] > 0 else below if pair["upper"] < 0 else equal


def verdict(found):
    by = {(pair["first"], pair["second"]): pair for pair in found["pairs"]}
    top = compared(by["voxel_fp32", "voxel_qat_001"], "float32 is above QAT (0.01)",
                   "float32 is below QAT (0.01)", "float32 and QAT (0.01) cannot be told apart")
    low = compared(by["voxel_qat_001", "voxel_ptq_minmax"],
                   "QAT is above post-training quantization by min/max",
                   "QAT is below post-training quantization by min/max",
                   "QAT and post-training quantization by min/max cannot be told apart")
    best = compared(by["voxel_qat_001", "voxel_ptq_best"],
                    "It is also above the best other observer, which trains nothing.",
                    "The best other observer, which trains nothing, is above it.",
                    "From the best other observer, which trains nothing, it cannot be told apart.")
    averaging = compared(by["voxel_qat_001", "voxel_qat_010"],
                         "The constant 0.01 is above 0.1, as published.",
                         "The constant 0.1 is above 0.01, the other way round than published.",
                         "The constants 0.01 and 0.1 cannot be told apart.")
    tensor = compared(by["voxel_ptq_minmax", "voxel_per_tensor"],
                      "Weights per tensor cost accuracy.",
                      "Weights per tensor do not cost accuracy, they even gain some.",
                      "Weights per tensor cost nothing that could be seen.")
    return (f"On these windows {top}, and {low}. {best} {averaging} {tensor} QAT was trained once for"
            " each constant: with another seed the order of the two constants and the distance to the"
            " best observer may turn round.")


def gap_text(gap):
    if gap is None:
        return ""
    lines = "\n".join(
        f"| {clip['class']} | {clip['before']} of {clip['of']} | {clip['after']} of {clip['of']} |"
        for clip in gap["clips"])
    fits = "\n".join(
        f"| {', '.join(map(str, fit['fitted_on']))} | {fit['tempo']:g} | {fit['echo']:g} |"
        f" {fit['noise']} | {fit['down']:+.1f} |" for fit in gap["fits"])

    def line(row):
        return (f"{row['right']} of {row['of']} ({figures.percent(row['right'], row['of'])},"
                f" {100 * row['lower']:.0f} to {100 * row['upper']:.0f} %),"
                f" majority right in {row['clips']} of {row['of_clips']} clips")

    return f"""
## From synthetic to real

The sensor's and the body's numbers that synthetic windows lack were fitted on five real clips, the
float32 network trained on for {STEPS['refine']} steps on windows varied by them, and scored on the
other five clips; then the halves were swapped. Fitted are medians over windows, no labels: motion
faster than synthesized by a factor, the share of events whose pixel fires again the other way, noise
events a window, and rows by which all lies lower. Which numbers to fit was decided after a look at
medians over all ten clips; only their values come from five.

| fitted on classes | tempo | echo | noise | down |
| --- | --- | --- | --- | --- |
{fits}

| | windows of the ten clips, each scored by a network not fitted on it |
| --- | --- |
| trained on without the fit | {line(gap['before'])} |
| trained on with it | {line(gap['after'])} |
| difference | {points(gap['gain'])} |

| clip | without | with |
| --- | --- | --- |
{lines}
"""


# The recipe -----------------------------------------------------------------------------------


def main():
    # One thread: sums in another order would give other weights.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preflash", default=str(ROOT / ".build/release/preflash"))
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / ".build/gesture")
    parser.add_argument("--real", type=pathlib.Path,
                        default=ROOT.parent / "shared/data/events/labelled/dvsgesture_slayer")
    arguments = parser.parse_args()
    trials, checks, tests = load_sets(arguments.preflash, arguments.work)
    kept = Kept(arguments.work / "family")
    small = tf.keras.models.load_model(arguments.work / "gesture.keras")
    networks, refine = trained(kept, small, trials, checks)
    variants, watched = exported(networks, trials, checks)
    for name, (_, content) in variants.items():
        (HERE / f"{name}.tflite").write_bytes(content)

    right, majority = answers(networks, variants, tests)
    real = load_real(arguments.real) if arguments.real.is_dir() else []
    real_right, real_majority = answers(networks, variants, real)
    found = {"seed": SEED, "observers": watched,
             "checked": sum(len(grid_of_windows(trial)) for trial in checks), "variants": {}}
    for name, (title, content) in variants.items():
        found["variants"][name] = {
            "title": title, "bytes": len(content), "held_out": share(right[name], majority[name]),
            "real": share(real_right[name], real_majority[name]) if real else None}
    found["pairs"] = [{"first": a, "second": b, **paired(right[a], right[b])} for a, b in PAIRS]
    found["verdict"] = verdict(found)
    found["gap"] = gap(kept, refine, networks["voxel"][0], trials, real) if real else None
    (HERE / "results.json").write_text(json.dumps(found, indent=1) + "\n")
    write_readme(found)
    for name, (title, content) in variants.items():
        if name.endswith("fp32"):
            continue
        entry = found["variants"][name]
        rows = [("held-out synthetic gestures", entry["held_out"],
                 f"{len(tests)} trials, {len(TEST_SUBJECTS)} subjects never trained on")]
        if real:
            rows.append(("ten real clips of DVS128 Gesture", entry["real"],
                         "one clip each of classes 1 to 10; never trained on"))
        write_card(name, title, Int8Model(content, COUNT_CAP), rows,
                   STEPS["voxel"] + STEPS["refine"])
    print((HERE / "README.md").read_text())


if __name__ == "__main__":
    main()
