"""Synthetic windows made to look like real ones: fitted on some clips, to be scored on others.

What is fitted is how many events a window has, how often a pixel fires in it, with how many
pixels both polarities, how many pixels stand alone and how low in the image all that is: nothing
about which gesture it is.
"""

import itertools

import numpy as np

from gestures import SIDE, WINDOW, augmented, window


def figures_of(events):
    """Logarithm of events, events a pixel, shares of two-signed and of lone pixels, mean row."""
    _, columns, rows, polarities = events
    index = rows.astype(np.int64) * SIDE + columns
    counts = np.bincount(index, minlength=SIDE * SIDE)
    ons = np.bincount(index, weights=polarities, minlength=SIDE * SIDE)
    active = (counts > 0).reshape(SIDE, SIDE)
    padded = np.pad(active, 1).astype(int)
    around = sum(padded[y:y + SIDE, x:x + SIDE] for y in range(3) for x in range(3))
    total = active.sum()
    return (np.log(len(index)), len(index) / total, ((ons > 0) & (ons < counts)).sum() / total,
            (active & (around == 1)).sum() / total, rows.mean())


def windows(trials):
    """Every window with enough events to say something."""
    for events, _, duration in trials:
        for start in range(0, duration - WINDOW + 1, WINDOW):
            part = window(events, start, WINDOW)
            if len(part[0]) >= 100:
                yield part


def seen(trial, random, fit, spread=0.0):
    """A window of a synthetic trial as the fitted camera would have seen it."""
    events, _, duration = trial
    tempo, echo, noise, down = fit
    if spread:
        tempo *= np.exp(random.normal(0, spread))
        echo *= random.uniform(0.3, 1.7)
        noise *= random.exponential()
        down += random.normal(0, 20 * spread)
    length = min(int(WINDOW * tempo), duration)
    start = int(random.integers(0, duration - length + 1))
    times, columns, rows, polarities = window(events, start, length)
    times = (times.astype(np.int64) - start) * WINDOW // length
    # A pixel that fired fires again soon, the other way.
    again = random.random(len(times)) < echo
    times = np.concatenate([times, times[again] + random.exponential(5_000, again.sum())])
    columns, rows = (np.concatenate([part, part[again]]) for part in (columns, rows))
    polarities = np.concatenate([polarities, 1 - polarities[again]])
    rows = rows + int(round(down))
    extra = int(noise)
    times = np.concatenate([times, random.integers(0, WINDOW, extra)]).astype(np.int64)
    columns = np.concatenate([columns, random.integers(0, SIDE, extra)])
    rows = np.concatenate([rows, random.integers(0, SIDE, extra)])
    polarities = np.concatenate([polarities, random.integers(0, 2, extra)])
    keep = (times < WINDOW) & (rows >= 0) & (rows < SIDE)
    order = np.argsort(times[keep], kind="stable")
    return tuple(part[keep][order] for part in (times, columns, rows, polarities))


def fitted(clips, trials, seed, samples=150):
    """Tempo, echo, noise and rows down whose windows are most like those of the clips."""
    real = np.array([figures_of(part) for part in windows(clips)])
    middle = np.median(real, 0)
    width = np.subtract(*np.percentile(real, [75, 25], 0))
    picks = np.random.default_rng(seed).integers(0, len(trials), samples)
    plain = np.array([figures_of(part) for pick in picks[:40] for part in windows([trials[pick]])])
    down = float(middle[4] - np.median(plain[:, 4]))
    best = None
    for tempo, echo, noise in itertools.product(
            (1.0, 1.25, 1.5, 1.75, 2.0), (0.0, 0.1, 0.2, 0.3, 0.4), (0, 60, 120, 240)):
        random = np.random.default_rng(seed + 1)
        parts = [seen(trials[pick], random, (tempo, echo, noise, down)) for pick in picks]
        found = np.array([figures_of(part) for part in parts if len(part[0]) >= 100])
        misses = ((np.median(found, 0) - middle) / width)[:4]
        miss = float(np.sum(misses ** 2))
        if best is None or miss < best[0]:
            best = (miss, (tempo, echo, noise, down))
    return best[1]


def varied(fit):
    """Draws windows for training: as the fitted camera sees them, then varied as ever."""
    def vary(trial, random):
        events = seen(trial, random, fit, spread=0.3)
        return augmented((events, trial[1], WINDOW), random)
    return vary
