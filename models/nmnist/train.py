"""Trains the digit model of Preflash on real N-MNIST recordings and writes its card.

    python -m venv .venv && .venv/bin/pip install -r models/nmnist/requirements.txt
    .venv/bin/python models/nmnist/train.py --data FOLDER

FOLDER holds N-MNIST recordings, labels_train.csv and labels_test.csv (`file,label`). Trains on the
recordings of the one list, quantizes after training to int8 and measures on those of the other;
then does the same five times over both together, a fifth held out each time. Every choice of the
recipe was made before the held-out list was looked at. Writes nmnist_int8.tflite, card.json5,
outputs_*.npy (what two runtimes answer to the held-out list) and README.md beside this file.

`--session FOLDER` writes the held-out list as one recording with labels and a scenario, so that
`preflash replay` gives the card's accuracy; N-MNIST is CC BY-SA 4.0 and no part of this project.
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

from recipe import figures, int8, recordings

SEED = 1
SIDE = 34
BINS = 3  # one for each of the camera's three saccades
CHANNELS = 2 * BINS
WINDOW = 295_000  # microseconds from time 0; every recording is longer, by a few hundredths
COUNT_CAP = 5  # 255 is a multiple, so counts fall on exact int8 values
DIGITS = 10
FOLDS = 5
BATCH = 50


# Recordings -----------------------------------------------------------------------------------


def load(folder, listing):
    """Recordings of one list as (events, digit)."""
    rows = [line.split(",") for line in (folder / listing).read_text().split()[1:]]
    return [(recordings.read_bs2(folder / name), int(digit)) for name, digit in rows]


def grid(events):
    """The tensor of a whole recording, by the rule that the card states."""
    times, columns, rows, polarities = events
    keep = times < WINDOW
    return recordings.voxels(
        times[keep], columns[keep], rows[keep], polarities[keep], 0, WINDOW, BINS, SIDE, SIDE,
        COUNT_CAP)


def augmented(events, random):
    """The tensor of a recording turned, sheared, moved, thinned, jittered and made noisy."""
    times, columns, rows, polarities = events
    keep = random.random(len(times)) >= random.uniform(0, 0.3)
    times, columns, rows, polarities = (
        part[keep] for part in (times, columns, rows, polarities))
    angle = np.radians(random.uniform(-12, 12))
    shear = random.uniform(-0.15, 0.15)
    zoom = random.uniform(0.88, 1.12, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, shear], [0, 1]]) @ np.diag(zoom)
    # A pixel is an area: without the jitter a stretched digit would have empty rows.
    points = np.stack([columns, rows]) + random.uniform(0, 1, (2, len(columns))) - SIDE / 2
    points = matrix @ points + SIDE / 2 + random.uniform(-2.5, 2.5, (2, 1))
    columns, rows = np.floor(points).astype(np.int64)
    times = times + random.normal(0, 5_000) + random.normal(0, 3_000, len(times))
    times = times.astype(np.int64)
    extra = int(random.exponential(40))
    times = np.concatenate([times, random.integers(0, WINDOW, extra)])
    columns = np.concatenate([columns, random.integers(0, SIDE, extra)])
    rows = np.concatenate([rows, random.integers(0, SIDE, extra)])
    polarities = np.concatenate([polarities, random.integers(0, 2, extra)])
    inside = (columns >= 0) & (columns < SIDE) & (rows >= 0) & (rows < SIDE)
    inside &= times >= 0
    return grid(tuple(part[inside] for part in (times, columns, rows, polarities)))


# Network --------------------------------------------------------------------------------------


def network():
    layers = tf.keras.layers

    def convolve(x, channels, stride, padding):
        x = layers.Conv2D(channels, 3, stride, padding, use_bias=False)(x)
        return layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.95)(x))

    inputs = layers.Input((SIDE, SIDE, CHANNELS), 1)
    x = convolve(inputs, 16, 2, "same")
    x = convolve(x, 32, 1, "same")
    x = convolve(x, 48, 2, "same")
    x = convolve(x, 64, 1, "valid")
    x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.4)(layers.Flatten()(x))
    return tf.keras.Model(inputs, layers.Dense(DIGITS)(x))


def trainable_twin(model):
    """The same layers without the fixed batch of one, for training."""
    inputs = tf.keras.Input((SIDE, SIDE, CHANNELS))
    return tf.keras.Model(inputs, model(inputs))


def train(samples, epochs, seed):
    """A network trained on the samples; the last epochs' mean of the weights is kept."""
    tf.keras.utils.set_random_seed(seed)
    fixed = network()
    model = trainable_twin(fixed)
    steps = epochs * (len(samples) // BATCH)
    schedule = tf.keras.optimizers.schedules.CosineDecay(
        0.0, steps, alpha=0.01, warmup_target=4e-3, warmup_steps=steps // 20)
    optimizer = tf.keras.optimizers.AdamW(schedule, weight_decay=2e-3)
    loss_of = tf.keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05)

    @tf.function
    def step(grids, digits):
        with tf.GradientTape() as tape:
            logits = model(tf.cast(grids, tf.float32), training=True)
            loss = loss_of(tf.one_hot(digits, DIGITS), logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    random = np.random.default_rng(seed)
    for epoch in range(1, epochs + 1):
        order = random.permutation(len(samples))
        losses = []
        for first in range(0, len(order) - BATCH + 1, BATCH):
            picks = order[first:first + BATCH]
            grids = np.stack([augmented(samples[pick][0], random) for pick in picks])
            losses.append(float(step(grids, np.array([samples[pick][1] for pick in picks]))))
        if epoch % 10 == 0 or epoch == epochs:
            print(f"epoch {epoch}: loss {np.mean(losses):.3f}", flush=True)
    return fixed


def quantized(model, samples):
    def representative():
        for events, _ in samples[:500]:
            values = grid(events).astype(np.float32)[None]
            # Both ends occur, so that one count is exactly 51 steps of the input.
            values[0, 0, 0, :2] = [0, COUNT_CAP]
            yield [values]

    return int8.quantized_after_training(model, representative)


def float_answers(model, samples):
    grids = np.stack([grid(events) for events, _ in samples]).astype(np.float32)
    return trainable_twin(model)(grids).numpy().argmax(1)


# Folds and neighbours -------------------------------------------------------------------------


def folds(samples):
    """Five lists of positions, each with a fifth of every digit."""
    digits = np.array([digit for _, digit in samples])
    random = np.random.default_rng(SEED)
    fold_of = np.zeros(len(samples), int)
    for digit in range(DIGITS):
        positions = random.permutation(np.flatnonzero(digits == digit))
        fold_of[positions] = np.arange(len(positions)) % FOLDS
    return [np.flatnonzero(fold_of == fold) for fold in range(FOLDS)]


def nearest_neighbours(trained, held, neighbours=3):
    """Right answers by the cosine of blurred counts: what no training at all gives."""
    def features(samples):
        grids = np.stack([grid(events) for events, _ in samples]).astype(np.float32)
        padded = np.pad(grids, ((0, 0), (1, 1), (1, 1), (0, 0)))
        blurred = sum(
            padded[:, y:y + SIDE, x:x + SIDE] for y in range(3) for x in range(3))
        flat = blurred.reshape(len(grids), -1)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)

    digits = np.array([digit for _, digit in trained])
    nearest = np.argsort(-(features(held) @ features(trained).T), axis=1)[:, :neighbours]
    votes = np.array([np.bincount(digits[row], minlength=DIGITS) for row in nearest])
    return int((votes.argmax(1) == [digit for _, digit in held]).sum())


def cross_validated(samples, epochs):
    """The digit that each sample's fold, held out, was given by int8 and by float32."""
    answers = np.zeros((2, len(samples)), int)
    for number, held in enumerate(folds(samples), 1):
        rest = [samples[i] for i in np.setdiff1d(np.arange(len(samples)), held)]
        own = [samples[i] for i in held]
        model = train(rest, epochs, SEED + number)
        quantized_model = int8.Int8Model(quantized(model, rest), COUNT_CAP)
        answers[0, held] = quantized_model.answers([grid(events) for events, _ in own])
        answers[1, held] = float_answers(model, own)
        truth = np.array([digit for _, digit in own])
        print(f"fold {number}: int8 {(answers[0, held] == truth).sum()},"
              f" float32 {(answers[1, held] == truth).sum()} of {len(held)}", flush=True)
    return answers


# Card, README and session ---------------------------------------------------------------------


def write_card(model, found, epochs):
    (HERE / "card.json5").write_text(f"""// Written by train.py; see README.md beside it.
{{
  name: "nmnist",
  model: "nmnist_int8.tflite",
  summary: "Ten digits from a whole recording of three saccades, trained on real events",
  arithmetic: "fp32-half-even",
  data: {{
    origin: "recorded",
    description: "1,000 recordings of N-MNIST (Orchard et al. 2015, CC BY-SA 4.0)",
  }},
  window: {{ microseconds: {WINDOW} }},
  representation: {{
    kind: "voxel",
    binning: "window-floor",
    bins: {BINS}, width: {SIDE}, height: {SIDE},
    // Two polarities apart, OFF first: channel = polarity * {BINS} + bin.
    maximumCount: {COUNT_CAP},
  }},
  input: {{ scale: {float(model.scale)!r}, zeroPoint: {model.zero_point} }},
  classes: [
{figures.card_classes((digit, str(digit)) for digit in range(DIGITS))}
  ],
  results: [
{figures.card_results(found)}
  ],
  recipe: {{
    file: "train.py", seed: {SEED},
    description: "{epochs} epochs of {BATCH} recordings, AdamW, quantized after training",
  }},
}}
""")


def per_class(truth, answers):
    lines = ["| digit | right | of | most often taken for |", "| --- | --- | --- | --- |"]
    for digit in range(DIGITS):
        counts = np.bincount(answers[truth == digit], minlength=DIGITS)
        total, right = counts.sum(), counts[digit]
        counts[digit] = 0
        worst = int(counts.argmax())
        other = f"{worst} ({counts[worst]})" if counts[worst] else "none"
        lines.append(f"| {digit} | {right} | {total} | {other} |")
    return "\n".join(lines)


def write_readme(found, comparison, tables, model, size, epochs):
    (HERE / "README.md").write_text(f"""# Digit model

Written by `train.py`; do not edit.

An int8 network that names the digit of a whole N-MNIST recording: real events of a real camera
that looks at a digit on a screen and moves in three saccades. **Trained and measured on real
recordings**, none of which is part of this project (N-MNIST: Orchard et al. 2015, CC BY-SA 4.0).

| | |
| --- | --- |
| file | `nmnist_int8.tflite`, {size:,} bytes |
| input | int8 [1, {SIDE}, {SIDE}, {CHANNELS}], scale {model.scale:.9g}, zero point {model.zero_point} |
| representation | voxel grid: polarity (OFF, ON) × {BINS} bins, channel = polarity · {BINS} + bin |
| binning rule | `window-floor`: min(t · {BINS} div {WINDOW} µs, {BINS - 1}) |
| counts | capped at {COUNT_CAP}; one count is {1 / model.scale:.0f} steps of the input |
| window | the first {WINDOW // 1000} ms of a recording, from time 0 |
| output | int8 [1, {DIGITS}], a digit each, the largest wins |
| trained on | the 1,000 recordings of labels_train.csv |
| intended use | to rehearse a deployment on real events whose labels are known |
| recipe | `train.py`, seed {SEED}, {epochs} epochs, versions in `requirements.txt` |

## Accuracy

Intervals are 95 %, Wilson's. int8 measured with TensorFlow {tf.__version__} (XNNPACK,
`fp32-half-even`), whose outputs for the held-out recordings are in `outputs_fp32_half_even.npy`;
those of tflite-micro are in `outputs_double_rounding.npy`. Preflash's own test wants every byte of
both.

{figures.result_table(found)}

Beside it, on the same recordings:

{comparison}

With the data at hand, `train.py --session FOLDER` writes the held-out recordings as one, and
`preflash replay FOLDER` gives the accuracy above with latency and memory on an STM32H743.

Cross-validation trains five networks by this recipe, each on four fifths of all recordings, and
measures each on the rest; the network in the file is none of them. Its interval takes recordings as
independent, which those of one writer are not.

## The {tables[0][1].size} held-out recordings by digit

{per_class(*tables[0][1:])}

## Cross-validation by digit

{per_class(*tables[1][1:])}

## Limits

- One digit, upright and in the middle of 34×34 pixels, seen through the same three saccades.
- A recording cut shorter than {WINDOW // 1000} ms has no complete window and gets no answer.
- The 100 held-out recordings are few: an accuracy there has an interval of several points.
- Which writers wrote which digits is not in the data; a writer may be on both sides of a split.
""")


SCENARIO = """// Written by models/nmnist/train.py --session.
{
  name: "Held-out digits of N-MNIST on an STM32H743",
  trace: { file: "digits.npz", origin: "recorded", labels: "digits_labels.csv",
    source: "N-MNIST, Orchard et al. 2015, CC BY-SA 4.0" },
  model: "CARD",
  windows: { length: "LENGTHms", stride: "400ms", origin: "0us" },
  device: {
    board: "stm32h743zi", runtime: "x-cube-ai-10.0",
    buffer: { size: "96KiB", eventSize: 8 },
    queue: { policy: "queue", depth: 1 },
  },
  deadline: "20ms",
  seed: 1,
}
"""


def write_session(folder, samples):
    """The recordings one after another, 400 ms each, with labels and a scenario."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [
        np.stack([events[0] + 400_000 * index, *events[1:]])
        for index, (events, _) in enumerate(samples)]
    # The last window is complete only when the recording goes on.
    times, columns, rows, polarities = np.concatenate(parts, axis=1)
    fields = np.dtype([("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")])
    events = np.zeros(len(times), fields)
    events["t"], events["x"], events["y"], events["p"] = times, columns, rows, polarities
    np.savez(folder / "digits.npz", events=events)
    rows = [f"{digit},{400_000 * i},{400_000 * (i + 1)}"
            for i, (_, digit) in enumerate(samples)]
    (folder / "digits_labels.csv").write_text(
        "class,startTime_usec,endTime_usec\n" + "\n".join(rows) + "\n")
    card = os.path.relpath(HERE / "card.json5", folder.resolve())
    (folder / "scenario.json5").write_text(
        SCENARIO.replace("CARD", card).replace("LENGTH", str(WINDOW // 1000)))


# The recipe -----------------------------------------------------------------------------------


def main():
    # One thread: sums in another order would give other weights.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path,
                        default=ROOT.parent / "shared/data/events/labelled/nmnist_slayer")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--session", type=pathlib.Path, metavar="FOLDER",
                        help="only write the held-out recordings as one, with a scenario")
    arguments = parser.parse_args()
    trained = load(arguments.data, "labels_train.csv")
    held = load(arguments.data, "labels_test.csv")
    if arguments.session:
        write_session(arguments.session, held)
        return

    model = train(trained, arguments.epochs, SEED)
    content = quantized(model, trained)
    (HERE / "nmnist_int8.tflite").write_bytes(content)
    both = trained + held
    crossed = cross_validated(both, arguments.epochs)

    integer = int8.Int8Model(content, COUNT_CAP)
    grids = [grid(events) for events, _ in held]
    logits = integer.logits(grids)
    micro = int8.micro_logits(content, integer.table, grids)
    np.save(HERE / "outputs_fp32_half_even.npy", logits)
    np.save(HERE / "outputs_double_rounding.npy", micro)
    truth = np.array([digit for _, digit in held])
    all_truth = np.array([digit for _, digit in both])

    def row(on, right, of, note):
        return figures.result(on, "recording", right, of, figures.wilson(right, of), note)

    right = int((logits.argmax(1) == truth).sum())
    found = [
        row("held-out real recordings", right, len(held),
            "labels_test.csv of the SLAYER selection; fp32-half-even"),
        row("five-fold cross-validation", (crossed[0] == all_truth).sum(), len(both),
            "five networks by the same recipe, each on the fifth that it was not trained on"),
    ]
    neighbours = sum(
        nearest_neighbours([both[i] for i in np.setdiff1d(np.arange(len(both)), part)],
                           [both[i] for i in part]) for part in folds(both))
    beside = [
        ("int8 by tflite-micro (`double-rounding`)", micro.argmax(1), truth),
        ("float32 before quantization", float_answers(model, held), truth),
    ]
    lines = ["| | held out | cross-validation |", "| --- | --- | --- |"]
    lines.append(f"| {beside[0][0]} | {(beside[0][1] == truth).sum()} of {len(held)} | - |")
    lines.append(f"| {beside[1][0]} | {(beside[1][1] == truth).sum()} of {len(held)} |"
                 f" {(crossed[1] == all_truth).sum()} of {len(both)} |")
    lines.append(f"| three nearest neighbours, cosine of blurred counts |"
                 f" {nearest_neighbours(trained, held)} of {len(held)} |"
                 f" {neighbours} of {len(both)} |")
    write_card(integer, found, arguments.epochs)
    write_readme(found, "\n".join(lines),
                 [("held", truth, logits.argmax(1)), ("crossed", all_truth, crossed[0])],
                 integer, len(content), arguments.epochs)
    for each in found:
        print(f"{each['on']}: {figures.percent(each['correct'], each['of'])}"
              f" [{each['lower']:.3f}, {each['upper']:.3f}]")


if __name__ == "__main__":
    main()
