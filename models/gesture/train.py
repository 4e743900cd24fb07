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
import subprocess
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["TF_DETERMINISTIC_OPS"] = "1"

import numpy as np
import tensorflow as tf

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

SEED = 2
SIDE = 128
BINS = 5
CHANNELS = 2 * BINS
WINDOW = 50_000  # microseconds
COUNT_CAP = 5  # 255 is a multiple, so counts fall on exact int8 values
CLASSES = [
    "hand clap", "right hand wave", "left hand wave", "right arm clockwise",
    "right arm counterclockwise", "left arm clockwise", "left arm counterclockwise", "arm roll",
    "air drums", "air guitar", "other",
]
# A left-right flip turns each class (from 0) into this one: sides swap, and turning senses swap.
MIRRORED = np.array([0, 2, 1, 6, 5, 4, 3, 7, 8, 9, 10])

# Subjects and seeds of the sets do not meet. Subjects from 900 on belong to traces/.
TRAIN_SUBJECTS = range(1, 129)
TRAIN_DURATION = 1_200_000
CHECK_SUBJECTS = range(301, 309)  # watched while training
TEST_SUBJECTS = range(401, 425)
TEST_DURATION = 1_500_000

BATCH = 64


# Recordings -----------------------------------------------------------------------------------


def seed_of(subject, label, take):
    return subject * 1000 + label * 10 + take


def synthesize(preflash, folder, subject, label, take, duration):
    """The path of one recording, made unless it is there already."""
    path = folder / f"s{subject:03d}_c{label:02d}_t{take}_{duration}.aedat"
    if not path.exists():
        subprocess.run(
            [
                preflash, "synthesize", "gesture", "--class", str(label),
                "--subject", str(subject), "--seed", str(seed_of(subject, label, take)),
                "--duration", f"{duration}us", "--out", str(path),
                "--labels", str(path) + ".csv",
            ],
            check=True, stdout=subprocess.DEVNULL,
        )
    return path


def read_aedat31(path):
    """Times (int64), columns, rows, polarities of an AEDAT 3.1 file."""
    data = path.read_bytes()
    end = b"#!END-HEADER\r\n"
    at = data.index(end) + len(end)
    addresses, times = [], []
    while at < len(data):
        kind = int.from_bytes(data[at:at + 2], "little")
        size, _, overflow, capacity = np.frombuffer(data, "<u4", 4, at + 4)
        words = np.frombuffer(data, "<u4", int(size) * int(capacity) // 4, at + 28)
        at += 28 + int(size) * int(capacity)
        if kind == 1:
            words = words.reshape(-1, 2)
            addresses.append(words[:, 0])
            times.append(words[:, 1].astype(np.int64) + (int(overflow) << 31))
    address = np.concatenate(addresses)
    return (np.concatenate(times), (address >> 17) & 0x7FFF, (address >> 2) & 0x7FFF,
            (address >> 1) & 1)


def read_bs2(path):
    """The same of a SLAYER .bs2 file: five bytes an event, big-endian."""
    raw = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 5).astype(np.int64)
    times = ((raw[:, 2] & 127) << 16) | (raw[:, 3] << 8) | raw[:, 4]
    return times, raw[:, 0], raw[:, 1], raw[:, 2] >> 7


def compact(events):
    times, columns, rows, polarities = events
    return (times.astype(np.int32), columns.astype(np.int16), rows.astype(np.int16),
            polarities.astype(np.int16))


def load_set(preflash, folder, subjects, duration, takes_of_other=1):
    """Trials as (events, class from 0, duration)."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (subject, label, take)
        for subject in subjects
        for label in range(1, 12)
        for take in range(takes_of_other if label == 11 else 1)
    ]
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda job: synthesize(preflash, folder, *job, duration), jobs))
    return [
        (compact(read_aedat31(path)), label - 1, duration)
        for path, (_, label, _) in zip(paths, jobs)
    ]


# Voxel grids ----------------------------------------------------------------------------------


def voxels(times, columns, rows, polarities, start):
    """Counts [128, 128, 10] of the window from `start`, polarity-major, capped."""
    bins = np.minimum((times - start) * BINS // WINDOW, BINS - 1)
    channel = polarities * BINS + bins
    index = (rows.astype(np.int64) * SIDE + columns) * CHANNELS + channel
    counts = np.bincount(index, minlength=SIDE * SIDE * CHANNELS)
    return np.minimum(counts, COUNT_CAP).astype(np.uint8).reshape(SIDE, SIDE, CHANNELS)


def window(events, start):
    low, high = np.searchsorted(events[0], [start, start + WINDOW])
    return tuple(part[low:high] for part in events)


def grid_of_windows(trial):
    events, _, duration = trial
    return np.stack([
        voxels(*window(events, start), start)
        for start in range(0, duration - WINDOW + 1, WINDOW)
    ])


def augmented(trial, random):
    """A random window, shifted, mirrored, inverted, thinned and made noisy; with its class."""
    events, label, duration = trial
    start = int(random.integers(0, duration - WINDOW + 1))
    times, columns, rows, polarities = window(events, start)
    if random.random() < 0.5:
        columns = SIDE - 1 - columns
        label = MIRRORED[label]
    if random.random() < 0.3:
        polarities = 1 - polarities
    zoom = random.uniform(0.85, 1.15)
    shift = random.integers(-8, 9, 2)
    columns = np.floor((columns - 63.5) * zoom + 64 + shift[0]).astype(np.int64)
    rows = np.floor((rows - 63.5) * zoom + 64 + shift[1]).astype(np.int64)
    keep = (columns >= 0) & (columns < SIDE) & (rows >= 0) & (rows < SIDE)
    keep &= random.random(len(times)) >= random.uniform(0, 0.5) * (random.random() < 0.6)
    times, columns, rows, polarities = (
        part[keep] for part in (times, columns, rows, polarities))
    if random.random() < 0.5:
        extra = int(random.exponential(250))
        times = np.concatenate([times, random.integers(start, start + WINDOW, extra)])
        columns = np.concatenate([columns, random.integers(0, SIDE, extra)])
        rows = np.concatenate([rows, random.integers(0, SIDE, extra)])
        polarities = np.concatenate([polarities, random.integers(0, 2, extra)])
    return voxels(times, columns, rows, polarities, start), label


def batches(trials, random, steps):
    def work(seed):
        own = np.random.default_rng(seed)
        picks = own.integers(0, len(trials), BATCH)
        pairs = [augmented(trials[pick], own) for pick in picks]
        return np.stack([p[0] for p in pairs]), np.array([p[1] for p in pairs], np.int32)

    # Each batch from a seed of its own: the threads' order does not matter.
    seeds = [int(seed) for seed in random.integers(0, 2**62, steps)]
    with ThreadPoolExecutor(1) as pool:
        pending = [pool.submit(work, seed) for seed in seeds[:4]]
        for index in range(steps):
            if index + 4 < steps:
                pending.append(pool.submit(work, seeds[index + 4]))
            yield pending[index].result()
            pending[index] = None


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


def trainable_twin(model):
    """The same layers without the fixed batch of one, for training."""
    inputs = tf.keras.Input((SIDE, SIDE, CHANNELS))
    return tf.keras.Model(inputs, model(inputs))


def train(trials, checks, steps):
    tf.keras.utils.set_random_seed(SEED)
    fixed = network()
    model = trainable_twin(fixed)
    schedule = tf.keras.optimizers.schedules.CosineDecay(
        0.0, steps, alpha=0.01, warmup_target=3e-3, warmup_steps=min(200, steps // 10))
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

    checked = [(grid_of_windows(trial), trial[1]) for trial in checks]
    random = np.random.default_rng(SEED)
    losses, hits = [], []
    for index, (grids, labels) in enumerate(batches(trials, random, steps), 1):
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

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return converter.convert()


# Measurement ----------------------------------------------------------------------------------


class Int8Model:
    def __init__(self, content):
        # XNNPACK rounds as the arithmetic that Preflash calls fp32-half-even.
        self.interpreter = tf.lite.Interpreter(model_content=content, num_threads=2)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]
        self.output = self.interpreter.get_output_details()[0]
        self.scale, self.zero_point = self.input["quantization"]
        steps = np.round(np.arange(COUNT_CAP + 1) / self.scale) + self.zero_point
        self.table = np.clip(steps, -128, 127).astype(np.int8)

    def answers(self, grids):
        out = []
        for grid in grids:
            self.interpreter.set_tensor(self.input["index"], self.table[grid][None])
            self.interpreter.invoke()
            out.append(int(self.interpreter.get_tensor(self.output["index"])[0].argmax()))
        return np.array(out)


def measure(answer, trials):
    """Per trial: class, windows, windows right, majority's class (lowest on a tie)."""
    rows = []
    confusion = np.zeros((len(CLASSES), len(CLASSES)), int)
    for trial in trials:
        answers = answer(grid_of_windows(trial))
        np.add.at(confusion[trial[1]], answers, 1)
        majority = np.bincount(answers, minlength=len(CLASSES)).argmax()
        rows.append((trial[1], len(answers), int((answers == trial[1]).sum()), int(majority)))
    return np.array(rows), confusion


def interval(rows, right, total, clusters=2000):
    """95 % percentile bootstrap of a ratio, whole trials drawn with replacement."""
    random = np.random.default_rng(SEED + 2)
    picks = random.integers(0, len(rows), (clusters, len(rows)))
    ratios = right[picks].sum(1) / total[picks].sum(1)
    return np.percentile(ratios, [2.5, 97.5])


def results(rows, name, note):
    windows, right = rows[:, 1], rows[:, 2]
    clip_right = (rows[:, 3] == rows[:, 0]).astype(int)
    ones = np.ones_like(clip_right)
    out = []
    for unit, hit, of in (("window", right, windows), ("clip", clip_right, ones)):
        low, high = interval(rows, hit, of)
        out.append({"on": name, "unit": unit, "correct": int(hit.sum()), "of": int(of.sum()),
                    "lower": low, "upper": high, "note": note[unit]})
    return out


# Card and README ------------------------------------------------------------------------------


def quoted(text):
    return '"' + text.replace('"', '\\"') + '"'


def write_card(model, found, steps):
    classes = "\n".join(
        f"    {{ label: {i + 1}, name: {quoted(name)} }}," for i, name in enumerate(CLASSES))
    measured = "\n".join(
        f"    {{ on: {quoted(r['on'])}, unit: {quoted(r['unit'])}, correct: {r['correct']},"
        f" of: {r['of']},\n      lower: {r['lower']:.4f}, upper: {r['upper']:.4f},"
        f"\n      note: {quoted(r['note'])} }}," for r in found)
    text = f"""// Written by train.py; see README.md beside it.
{{
  name: "gesture",
  model: "gesture_int8.tflite",
  summary: "Eleven gestures from 50 ms of events, trained on synthetic recordings only",
  arithmetic: "double-rounding",
  data: {{
    origin: "synthetic",
    description: "{DATA}",
  }},
  window: {{ microseconds: {WINDOW} }},
  representation: {{
    kind: "voxel",
    binning: "{BINNING}",
    bins: {BINS}, width: {SIDE}, height: {SIDE},
    // Two polarities apart, OFF first: channel = polarity * {BINS} + bin.
    maximumCount: {COUNT_CAP},
  }},
  input: {{ scale: {float(model.scale)!r}, zeroPoint: {model.zero_point} }},
  classes: [
{classes}
  ],
  results: [
{measured}
  ],
  recipe: {{
    file: "train.py", seed: {SEED},
    description: "{steps} steps of {BATCH} windows, AdamW, quantized after training",
  }},
}}
"""
    (HERE / "card.json5").write_text(text)


BINNING = "window-floor"
DATA = (f"preflash synthesize gesture, {len(TRAIN_SUBJECTS)} subjects, 11 gestures,"
        f" {TRAIN_DURATION / 1e6:g} s each; no real recording")


def percent(right, of):
    return f"{100 * right / of:.1f} %"


def write_readme(found, float_found, rows, confusion, model, size, real):
    table = "\n".join(
        f"| {r['on']} | {r['unit']} | {r['correct']} of {r['of']} |"
        f" {percent(r['correct'], r['of'])} |"
        f" {100 * r['lower']:.1f} to {100 * r['upper']:.1f} % |" for r in found)
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

| on | per | right | accuracy | interval |
| --- | --- | --- | --- | --- |
{table}

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

    def load(name, subjects, duration, takes_of_other=1):
        return load_set(arguments.preflash, arguments.work / name, subjects, duration,
                        takes_of_other)

    trials = load("train", TRAIN_SUBJECTS, TRAIN_DURATION, takes_of_other=2)
    checks = load("check", CHECK_SUBJECTS, TRAIN_DURATION)
    tests = load("test", TEST_SUBJECTS, TEST_DURATION)
    print(f"{len(trials)} trials to train on, {len(tests)} held out", flush=True)

    if not arguments.measure:
        model = train(trials, checks, arguments.steps)
        model.save(arguments.work / "gesture.keras")
        (HERE / "gesture_int8.tflite").write_bytes(quantized(model, trials))
    model = tf.keras.models.load_model(arguments.work / "gesture.keras")
    content = (HERE / "gesture_int8.tflite").read_bytes()

    int8 = Int8Model(content)
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
        clips = []
        for path in sorted(arguments.real.glob("*.bs2")):
            events = compact(read_bs2(path))
            clips.append((events, int(path.stem) - 1, int(events[0].max()) + 1))
        clips = [(e, c, -(-d // WINDOW) * WINDOW) for e, c, d in clips]
        real_rows, _ = measure(int8.answers, clips)
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
