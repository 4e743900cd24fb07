"""Trains the conveyor detectors of Preflash: dense, pruned in two ways, distilled, and on events.

    swift build -c release
    python -m venv .venv && .venv/bin/pip install -r models/conveyor/requirements.txt
    .venv/bin/python models/conveyor/train.py

Renders its belts by `preflash synthesize conveyor`, trains on shares rich in faults, calibrates on
the natural ones and scores on both. Writes every member as .tflite with its card, outputs/*.npz for
`preflash validate`, histograms.json, results.json and README.md beside this file, or where --out
says. Belts and networks in training are kept in the work folder: a run goes on from those that are
there, and one with another --work begins from nothing. --second names what another run wrote, so
that README.md tells how far apart both are.
"""

import argparse
import functools
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["TF_DETERMINISTIC_OPS"] = "1"

import numpy as np
import tensorflow as tf

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(1, str(HERE.parent))

import calibration
import detection
import network
import pruning
import ranges
import scene
import scoring
import writing
from training import Samples, train

SEED = 7
# Steps, pictures in each, rate. A network begins with batch normalization and goes on without.
BEGIN = (700, 32, 3e-3)
LONGER = (600, 16, 1.5e-3)
PRUNED = (350, 16, 1e-3)
REFINE = (200, 16, 3e-4)
EVENTS = (1400, 16, 1.5e-3)
STUDENT = (400, 16, 1e-3)
WIDTH = 24  # channels at stride 4
STUDENT_RATIO = 0.75  # of the work, pruned away before the student is taught
SPARSITY = 0.6
RISING = 210  # of the steps after pruning, those over which the share of zeros rises
# The observer that the published deployment did best with after training; no other was tried.
PERCENTILE = "percentile 99.99"
RATIO = 0.45
SWEEP = (0.3, 0.6, 0.75, 0.9)
GAIN = 0.1  # of the light, drawn for each training picture
# A stored number that is 1 of the network's input, inverted, and the input's largest.
FULL = {"frames": (1 / 1020, 1.0), "events": (1.0, float(scene.COUNT_CAP))}
NATURAL, RICH, EVEN = "92,3,2,2,1", "40,15,15,15,15", "20,20,20,20,20"
# First seed, belts, seconds of each, shares, every so manieth picture.
SETS = {
    "frames": {"train": (1000, 150, 10, RICH, 2), "pool": (4000, 36, 10, NATURAL, 3),
               "natural": (5000, 90, 10, NATURAL, 15), "rich": (6000, 30, 10, EVEN, 10)},
    "events": {"train": (11000, 30, 5, RICH, 1), "pool": (14000, 3, 5, NATURAL, 1),
               "natural": (15000, 16, 5, NATURAL, 2), "rich": (16000, 12, 5, EVEN, 2)},
}
SHOWN = 4  # pictures whose outputs are saved
# Pixels of a picture over which the dense network does the work of a published one, 17.2 GFLOP.
LARGE = (1600, 2080)
LARGE_MEMBERS = ("frames_dense_fp32", "frames_unstructured_fp32", "frames_structured_fp32",
                 "frames_dense_ptq_minmax", "frames_dense_qat")


class Kept:
    """Networks in training, one file each, with the seconds that each took."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.seconds = {}

    def network(self, name, make):
        """(parameters, values of ranges or None), from its file or made now."""
        path = self.folder / f"{name}.npz"
        if not path.exists():
            print(name, flush=True)
            start = time.monotonic()
            parameters, found = make()
            arrays = {f"{kind} {key}": part for key, pair in parameters.items()
                      for kind, part in zip("wb", pair)}
            if found is not None:
                arrays |= {f"r {key}": np.array(pair) for key, pair in found.values.items()}
            part = path.with_suffix(".part.npz")
            np.savez(part, seconds=time.monotonic() - start, **arrays)
            part.rename(path)
        data = np.load(path)
        self.seconds[name] = float(data["seconds"])
        parameters = {key[2:]: (data[key], data["b" + key[1:]])
                      for key in data if key.startswith("w ")}
        bounds = {key[2:]: tuple(map(float, data[key])) for key in data if key.startswith("r ")}
        return parameters, bounds or None


class Recipe:
    """Everything that is trained of one kind of input."""

    def __init__(self, kind, arguments):
        self.kind = kind
        self.inputs = 1 if kind == "frames" else 2
        self.arguments = arguments
        self.kept = Kept(arguments.work / "networks")

    @functools.cached_property
    def samples(self):
        return Samples(self.set("train"), FULL[self.kind], GAIN if self.kind == "frames" else 0)

    @functools.cached_property
    def beginnings(self):
        """Training pictures whose ranges training with 8 bits begins at."""
        pictures = self.set("train").pictures
        return self.real(pictures[:: len(pictures) // 256][:256])

    @functools.cache
    def set(self, name):
        """One of `SETS`, rendered when it is first asked for."""
        first, clips, seconds, shares, every = SETS[self.kind][name]
        return scene.load(self.arguments.preflash, self.arguments.work, self.kind, name, first,
                          clips, seconds, shares, every)

    def answers(self, content, which):
        """Detections of a file on one of `SETS`."""
        exported = ranges.Exported(content, FULL[self.kind][0])
        return [detection.decoded(*exported.answer(picture)) for picture in self.set(which).pictures]

    def score(self, content, which):
        """Figures of a file on one of `SETS`, kept by what the file holds."""
        folder = self.arguments.work / "scores"
        folder.mkdir(exist_ok=True)
        key = hashlib.sha256(content + repr((which, SETS[self.kind][which])).encode()).hexdigest()
        path = folder / f"{key}.npz"
        if not path.exists():
            data = self.set(which)
            found = scoring.Scored.of(
                data.truths, self.answers(content, which), data.clips, len(network.CLASSES))
            np.savez(path, **{field: getattr(found, field) for field in found.FIELDS})
        return scoring.Scored(np.load(path))

    def real(self, pictures):
        return pictures.astype(np.float32) * np.float32(FULL[self.kind][0])

    def start(self, name, width, begin, longer):
        """(nodes, parameters) trained from random weights."""
        nodes = network.detector(width)
        first, _ = self.kept.network(name, lambda: train(
            nodes, network.initial(nodes, self.inputs, SEED), self.samples, *begin, SEED,
            normalize=True))
        parameters, _ = self.kept.network(f"{name}-longer", lambda: train(
            nodes, first, self.samples, *longer, SEED + 3))
        return nodes, parameters

    def refined(self, name, nodes, start, **options):
        """Trained on for the last steps, in float32."""
        return self.kept.network(f"{name}-refined", lambda: train(
            nodes, start, self.samples, *REFINE, SEED + 1, **options))[0]

    def refined_with_8_bits(self, name, nodes, start, **options):
        """Trained on from the same start for as many steps with 8 bits: (parameters, ranges)."""
        def with_8_bits():
            seen = ranges.activations(nodes, start, self.beginnings)
            first = ranges.observed(nodes, seen, "min/max", FULL[self.kind][1])
            return train(nodes, start, self.samples, *REFINE, SEED + 1, ranges=first, **options)
        return self.kept.network(f"{name}-refined-qat", with_8_bits)

    def pruned(self, name, nodes, start, **options):
        """Trained on after channels were removed, or while weights are, in float32."""
        return self.kept.network(f"{name}-pruned", lambda: train(
            nodes, start, self.samples, *PRUNED, SEED + 2, **options))[0]


class Members:
    """Exported files with what they answer, in the order of the tables."""

    def __init__(self, recipe):
        self.recipe = recipe
        self.out = recipe.arguments.out
        self.found = {}

    def add(self, name, title, nodes, parameters, bounds=None, **more):
        """Exports, writes and scores one member on both test sets."""
        recipe = self.recipe
        content = ranges.exported(nodes, parameters, recipe.inputs, bounds)
        (self.out / f"{name}.tflite").write_bytes(content)
        if name in LARGE_MEMBERS:
            (self.out / "large").mkdir(exist_ok=True)
            (self.out / "large" / f"{name}.tflite").write_bytes(
                ranges.exported(nodes, parameters, recipe.inputs, bounds, LARGE))
        macs, count = network.work(nodes, parameters)
        zeros = sum(int((weights == 0).sum()) for weights, _ in parameters.values())
        print(name, flush=True)
        self.found[name] = {
            "title": title, "kind": recipe.kind, "bytes": len(content), "macs": macs,
            "parameters": count, "zeros": zeros, "int8": bounds is not None,
            "scored": {which: recipe.score(content, which) for which in writing.TESTS}, **more}
        writing.write_outputs(self.out, name, content, recipe.set("natural").pictures,
                              FULL[recipe.kind][0], SHOWN)


def quantized(members, name, title, nodes, start, kept, **options):
    """A network's last steps in float32 and with 8 bits, and what is made of both; the former."""
    recipe = members.recipe
    real = recipe.refined(kept, nodes, start, **options)
    qat, followed = recipe.refined_with_8_bits(kept, nodes, start, **options)
    members.add(f"{name}_fp32", f"{title}, float32", nodes, real)
    seen = ranges.activations(nodes, real, calibration.pictures(recipe, "random"))
    for suffix, observer in (("minmax", "min/max"), ("best", PERCENTILE)):
        members.add(f"{name}_ptq_{suffix}", f"{title}, PTQ int8, {observer}", nodes, real,
                    ranges.observed(nodes, seen, observer, FULL[recipe.kind][1]))
    members.add(f"{name}_qat", f"{title}, QAT int8, moving average 0.01", nodes, qat,
                ranges.Ranges(nodes, followed))
    return real


# Stages ---------------------------------------------------------------------------------------


def pruned_and_quantized(members):
    """The dense network and what pruning leaves of it; (nodes, start, real) of the dense one."""
    recipe = members.recipe
    nodes, start = recipe.start("dense", WIDTH, BEGIN, LONGER)
    real = quantized(members, "frames_dense", "dense", nodes, start, "dense")

    cut_nodes, cut = pruning.structured(nodes, start, 1, RATIO)
    cut = recipe.pruned("structured", cut_nodes, cut)
    quantized(members, "frames_structured", f"structured {100 * RATIO:.0f} %", cut_nodes, cut,
              "structured")

    sparse = recipe.pruned("unstructured", nodes, start, prune=(SPARSITY, RISING))
    quantized(members, "frames_unstructured", f"unstructured {100 * SPARSITY:.0f} %", nodes, sparse,
              "unstructured", sparse=True)

    for ratio in SWEEP:
        few_nodes, few = pruning.structured(nodes, start, 1, ratio)
        as_long(members, f"structured_{100 * ratio:.0f}", f"structured {100 * ratio:.0f} %",
                few_nodes, few)
    as_long(members, "dense_as_long", "dense, as many steps as pruned ones", nodes, start)
    return nodes, start, real


def as_long(members, name, title, nodes, start):
    """A network trained on for as many steps as pruned ones, in float32 alone."""
    kept = name.replace("_", "-")
    start = members.recipe.pruned(kept, nodes, start)
    members.add(f"frames_{name}_fp32", f"{title}, float32", nodes,
                members.recipe.refined(kept, nodes, start))


def students(members, teacher):
    """The most pruned network that still works, trained on with the teacher and without."""
    recipe = members.recipe
    nodes, begin = pruning.structured(*teacher, 1, STUDENT_RATIO)
    begin, _ = recipe.kept.network(f"structured-{100 * STUDENT_RATIO:.0f}-refined", None)

    def trained(name, **options):
        return recipe.kept.network(name, lambda: train(
            nodes, begin, recipe.samples, *STUDENT, SEED + 4, **options))[0]
    alone = trained("student-alone")
    members.add("frames_student_alone_fp32", "student without a teacher, float32", nodes, alone)
    student = trained("student", teacher=teacher)
    members.add("frames_student_fp32", "distilled student, float32", nodes, student)
    seen = ranges.activations(nodes, student, calibration.pictures(recipe, "random"))
    members.add("frames_student_int8", f"distilled student, PTQ int8, {PERCENTILE}", nodes, student,
                ranges.observed(nodes, seen, PERCENTILE, 1.0))
    return nodes, begin


def on_frames(recipe):
    """Members, calibrations, and the dense network as it was before its last steps."""
    members = Members(recipe)
    nodes, start, real = pruned_and_quantized(members)
    # Judged by a network that is neither calibrated nor scored in that table.
    judge = students(members, (nodes, start))
    selections = calibration.table(
        recipe, nodes, real, judge, members.found["frames_dense_fp32"]["scored"],
        ("min/max", PERCENTILE), recipe.arguments.out)
    return members, selections, (nodes, start)


def on_events(recipe, frames):
    """The dense network on counts: that on frames, (nodes, parameters), with a new first layer."""
    members = Members(recipe)
    nodes, start = frames
    start = start | {"stem": network.initial(nodes, recipe.inputs, SEED)["stem"]}
    counts, _ = recipe.kept.network("events", lambda: train(
        nodes, start, recipe.samples, *EVENTS, SEED + 5))
    members.add("events_dense_fp32", "dense on counts, float32", nodes, counts)
    seen = ranges.activations(nodes, counts, calibration.pictures(recipe, "random"))
    members.add("events_dense_int8", f"dense on counts, PTQ int8, {PERCENTILE}", nodes, counts,
                ranges.observed(nodes, seen, PERCENTILE, FULL["events"][1]))
    return members


# The recipe -----------------------------------------------------------------------------------


def checked(preflash, members, name, folder):
    """The figures of one member by `preflash evaluate boxes`, which must be those written here."""
    data = members.recipe.set("natural")
    answers = members.recipe.answers((members.out / f"{name}.tflite").read_bytes(), "natural")
    scoring.write_coco(folder, data.truths, answers, data.clips, network.CLASSES)
    told = json.loads(subprocess.run(
        [preflash, "evaluate", "boxes", str(folder / "truth.json"), str(folder / "found.json"),
         "--resamples", "0", "--json"], check=True, stdout=subprocess.PIPE).stdout)
    told = told["detector"]["figures"]
    ours = members.found[name]["scored"]["natural"]
    for figure, value in (("AP50", ours.at_half), ("AP", ours.coco)):
        if abs(told[figure]["value"] - value) > 1e-6:
            sys.exit(f"{name}: {figure} is {told[figure]['value']} by preflash, {value} here")


def large(members):
    """Size, work of the dense network and files of the members over large pictures."""
    scale = LARGE[0] * LARGE[1] / (network.HEIGHT * network.WIDTH)
    return {"size": LARGE, "macs": round(members.found["frames_dense_fp32"]["macs"] * scale),
            "files": {name: f"large/{name}.tflite" for name in LARGE_MEMBERS
                      if name in members.found}}


def main():
    # One thread: sums in another order would give other weights.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preflash", default=str(ROOT / ".build/release/preflash"))
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / ".build/conveyor")
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    parser.add_argument("--second", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    frames = Recipe("frames", arguments)
    members, selections, dense = on_frames(frames)
    events = on_events(Recipe("events", arguments), dense)
    checked(arguments.preflash, members, "frames_dense_fp32", arguments.work)
    checked(arguments.preflash, events, "events_dense_int8", arguments.work)
    seconds = sum(sum(group.recipe.kept.seconds.values()) for group in (members, events))
    figures = writing.figures_of([members, events])
    second = arguments.second and writing.second_run(
        arguments.out, arguments.second, figures["variants"])
    writing.write_results(arguments.out, {
        "seed": SEED, "steps": {"begin": BEGIN, "longer": LONGER, "pruned": PRUNED, "refine": REFINE,
                                "rising": RISING,
                                "student": STUDENT, "events": EVENTS},
        "student_ratio": STUDENT_RATIO, "seconds": seconds,
        "sets": SETS, "natural_shares": NATURAL, "classes": network.CLASSES,
        "large": large(members), **figures,
        "calibration": selections, "second": second or {}}, FULL)


if __name__ == "__main__":
    main()
