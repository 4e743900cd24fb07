"""Which pictures 8 bits are calibrated on: drawn, drawn by class, or the hardest ones."""

import json

import numpy as np
import tensorflow as tf

import detection
import ranges
import scoring
from network import CLASSES, forward

COUNT = 512
SEED = 17
SELECTIONS = ("random", "class-stratified", "hard tail")


def difficulty(judge, pictures, batch=32):
    """How doubtful a network finds each picture: the mean over its boxes of 1 - (best - second).

    The judge is not the network that is calibrated, it never trained on these pictures, and nothing
    is scored on them.
    """
    found = []
    for start in range(0, len(pictures), batch):
        scores, _ = forward(*judge, tf.constant(pictures[start:start + batch]))
        two = np.sort(tf.sigmoid(scores).numpy(), 3)[..., -2:]
        for cells in two.reshape(len(two), -1, 2):
            seen = cells[cells[:, 1] >= detection.SCORE_THRESHOLD]
            found.append(float(np.mean(1 - (seen[:, 1] - seen[:, 0]))) if len(seen) else 0.0)
    return np.array(found)


def places(pool, selection, hardness=None):
    """Where in the pool the pictures of a selection are, in rising order."""
    order = np.random.default_rng(SEED).permutation(len(pool.truths))
    if selection == "random":
        return np.sort(order[:COUNT])
    if selection == "hard tail":
        return np.sort(np.argsort(-hardness, kind="stable")[:COUNT])
    chosen = []
    for kind in reversed(range(len(CLASSES))):  # the rarest choose first
        with_kind = [at for at in order if (pool.truths[at][1] == kind).any() and at not in chosen]
        chosen += with_kind[:COUNT // len(CLASSES)]
    taken = set(chosen)
    chosen += [at for at in order if at not in taken][:COUNT - len(chosen)]
    return np.sort(chosen)


def pictures(recipe, selection, hardness=None):
    pool = recipe.set("pool")
    return recipe.real(pool.pictures[places(pool, selection, hardness)])


def table(recipe, nodes, parameters, judge, reference, observers, folder):
    """Each selection under each observer: figures, gap to float32, and what is clipped.

    `reference` holds the float32 network's figures by test set.
    """
    pool, natural = recipe.set("pool"), recipe.set("natural")
    hardness = difficulty(judge, recipe.real(pool.pictures))
    step = max(1, len(natural.pictures) // 256)
    seen = ranges.activations(nodes, parameters, recipe.real(natural.pictures[::step][:256]))
    found, drawn = [], {}
    for selection in SELECTIONS:
        chosen = places(pool, selection, hardness)
        watched = ranges.activations(nodes, parameters, recipe.real(pool.pictures[chosen]))
        classes = np.concatenate([pool.truths[at][1] for at in chosen])
        for observer in observers:
            bounds = ranges.observed(nodes, watched, observer, 1.0)
            content = ranges.exported(nodes, parameters, recipe.inputs, bounds)
            scored = {which: recipe.score(content, which) for which in ("natural", "rich")}
            print(f"calibrated on {selection}, {observer}", flush=True)
            drawn[f"{selection}, {observer}"] = ranges.histograms(bounds, seen)
            found.append({
                "selection": selection, "observer": observer, "pictures": len(chosen),
                "objects": np.bincount(classes, minlength=len(CLASSES)).tolist(),
                "difficulty": float(hardness[chosen].mean()),
                "clipped": ranges.clipping(bounds, seen),
                **{which: {"figures": scoring.summary(part),
                           "gap": scoring.difference(reference[which], part)}
                   for which, part in scored.items()}})
    (folder / "histograms.json").write_text(json.dumps(drawn) + "\n")
    return found
