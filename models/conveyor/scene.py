"""Belts rendered by `preflash synthesize conveyor`, as pictures or counts with boxes and classes."""

import collections
import concurrent.futures
import subprocess
import sys
import pathlib

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from network import HEIGHT, WIDTH
from recipe import recordings

FRAME = 40_000  # microseconds: 25 pictures a second
COUNT_CAP = 15
CAMERA = ["--size", "320x240", "--scale", "200", "--speed", "1.8"]

# `pictures` [n, 120, 160, channels] are sums of 2×2 pixels (frames: of grey 0…255, so 0…1020;
# events: counts, capped). `truths` holds (boxes [m, 4], classes [m]) of each in the 320×240
# picture, `clips` the belt that each is from: pictures of one belt are not independent.
Set = collections.namedtuple("Set", "pictures truths clips")


def frames_of(path):
    """Sums of 2×2 pixels of every picture of a grey .y4m."""
    raw = np.fromfile(path, np.uint8)
    header = int(np.flatnonzero(raw[:200] == 10)[0]) + 1
    pictures = raw[header:].reshape(-1, 6 + 4 * HEIGHT * WIDTH)[:, 6:]
    halves = pictures.reshape(-1, HEIGHT, 2, WIDTH, 2).astype(np.uint16)
    return halves.sum((2, 4), dtype=np.uint16)[..., None]


def counts_of(path, count):
    """OFF and ON events on 2×2 pixels in the `FRAME` before each instant, from the second on."""
    times, columns, rows, polarities = recordings.read_aedat31(path)
    frame = times // FRAME  # window k ends at instant k + 1
    keep = frame < count - 1
    index = ((frame * HEIGHT + rows // 2) * WIDTH + columns // 2) * 2 + polarities
    counts = np.bincount(index[keep], minlength=(count - 1) * HEIGHT * WIDTH * 2)
    return np.minimum(counts, COUNT_CAP).astype(np.uint8).reshape(-1, HEIGHT, WIDTH, 2)


def clip(preflash, folder, kind, seed, seconds, shares):
    """Pictures and truths of one belt."""
    stem = folder / f"belt{seed}"
    target = stem.with_suffix(".y4m" if kind == "frames" else ".aedat")
    labels = pathlib.Path(f"{stem}_boxes.npy")
    command = [preflash, "synthesize", "conveyor", *CAMERA, "--seed", str(seed), "--duration",
               f"{seconds}s", "--shares", shares, "--boxes", str(labels),
               "--frames" if kind == "frames" else "--out", str(target)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    boxes = np.load(labels)
    count = seconds * 1_000_000 // FRAME + 1
    if kind == "frames":
        pictures, instants = frames_of(target)[:count], np.arange(count)
    else:
        pictures, instants = counts_of(target, count), np.arange(1, count)
    target.unlink()
    labels.unlink()
    truths = []
    for instant in instants:
        here = boxes[boxes["t"] == instant * FRAME]
        truths.append((np.stack([here[side] for side in "xywh"], 1).astype(np.float64),
                       here["class_id"].astype(np.int64)))
    return pictures, truths


def load(preflash, folder, kind, name, first_seed, clips, seconds, shares, every=1, threads=2):
    """A set of so many belts, every so many pictures of each; rendered once and kept in `folder`."""
    path = folder / f"{kind}-{name}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            made = list(pool.map(
                lambda index: clip(preflash, folder, kind, first_seed + index, seconds, shares),
                range(clips)))
        # Belts are looked at out of step with each other, so that no phase is seen more often.
        pictures = np.concatenate([part[index % every::every]
                                   for index, (part, _) in enumerate(made)])
        truths = [truth for index, (_, part) in enumerate(made) for truth in part[index % every::every]]
        owners = [index for index, (part, _) in enumerate(made) for _ in part[index % every::every]]
        part = path.with_suffix(".part.npz")
        np.savez(part, pictures=pictures, clips=owners, counts=[len(t[1]) for t in truths],
                 boxes=np.concatenate([t[0] for t in truths]),
                 classes=np.concatenate([t[1] for t in truths]))
        part.rename(path)
    data = np.load(path)
    ends = np.cumsum(data["counts"])[:-1]
    truths = list(zip(np.split(data["boxes"], ends), np.split(data["classes"], ends)))
    return Set(data["pictures"], truths, data["clips"])
