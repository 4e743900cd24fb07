"""Synthetic gestures for the recipes of this folder: made, cut into windows, varied and scored."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from recipe import figures
from recipe.recordings import compact, read_aedat31, read_bs2, voxels, window

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

BINNING = "window-floor"
DATA = (f"preflash synthesize gesture, {len(TRAIN_SUBJECTS)} subjects, 11 gestures,"
        f" {TRAIN_DURATION / 1e6:g} s each; no real recording")


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


def load_sets(preflash, folder):
    """The trials to train on, those watched while training and those held out."""
    trained = load_set(preflash, folder / "train", TRAIN_SUBJECTS, TRAIN_DURATION, 2)
    checked = load_set(preflash, folder / "check", CHECK_SUBJECTS, TRAIN_DURATION)
    return trained, checked, load_set(preflash, folder / "test", TEST_SUBJECTS, TEST_DURATION)


def load_real(folder):
    """The ten real clips as trials, in order of their classes; none where there is no folder."""
    clips = []
    for path in sorted(folder.glob("*.bs2")):
        events = compact(read_bs2(path))
        duration = -(-(int(events[0].max()) + 1) // WINDOW) * WINDOW
        clips.append((events, int(path.stem) - 1, duration))
    return clips


# Windows --------------------------------------------------------------------------------------


def counts(events, start, bins=BINS, cap=COUNT_CAP):
    """The tensor of the window from `start`: [128, 128, 2 · bins]."""
    return voxels(*events, start, WINDOW, bins, SIDE, SIDE, cap)


def grid_of_windows(trial, bins=BINS, cap=COUNT_CAP):
    events, _, duration = trial
    return np.stack([
        counts(window(events, start, WINDOW), start, bins, cap)
        for start in range(0, duration - WINDOW + 1, WINDOW)
    ])


def augmented(trial, random, bins=BINS, cap=COUNT_CAP):
    """A random window, shifted, mirrored, inverted, thinned and made noisy; with its class."""
    events, label, duration = trial
    start = int(random.integers(0, duration - WINDOW + 1))
    times, columns, rows, polarities = window(events, start, WINDOW)
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
    return counts((times, columns, rows, polarities), start, bins, cap), label


def batches(trials, random, steps, vary=augmented):
    """Batches of windows and classes, each window drawn and varied by `vary(trial, random)`."""
    def work(seed):
        own = np.random.default_rng(seed)
        picks = own.integers(0, len(trials), BATCH)
        pairs = [vary(trials[pick], own) for pick in picks]
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


# Measurement ----------------------------------------------------------------------------------


def measure(answer, trials, windows_of=grid_of_windows):
    """Per trial: class, windows, windows right, majority's class (lowest on a tie)."""
    rows = []
    confusion = np.zeros((len(CLASSES), len(CLASSES)), int)
    for trial in trials:
        answers = answer(windows_of(trial))
        np.add.at(confusion[trial[1]], answers, 1)
        majority = np.bincount(answers, minlength=len(CLASSES)).argmax()
        rows.append((trial[1], len(answers), int((answers == trial[1]).sum()), int(majority)))
    return np.array(rows), confusion


def results(rows, name, note):
    windows, right = rows[:, 1], rows[:, 2]
    clip_right = (rows[:, 3] == rows[:, 0]).astype(int)
    ones = np.ones_like(clip_right)
    return [
        figures.result(name, unit, hit.sum(), of.sum(),
                       figures.clustered_interval(hit, of, SEED + 2), note[unit])
        for unit, hit, of in (("window", right, windows), ("clip", clip_right, ones))
    ]


def card(name, model_file, summary, arithmetic, model, found, description):
    """The card of an int8 network on voxel grids, as text."""
    return f"""// Written by train.py; see README.md beside it.
{{
  name: "{name}",
  model: "{model_file}",
  summary: "{summary}",
  arithmetic: "{arithmetic}",
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
{figures.card_classes(enumerate(CLASSES, 1))}
  ],
  results: [
{figures.card_results(found)}
  ],
  recipe: {{
    file: "train.py", seed: {SEED},
    description: "{description}",
  }},
}}
"""
