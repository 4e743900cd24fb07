"""Published figures of detectors on an edge box, with those of models/conveyor beside them.

What a table's row says of ours comes from results.json and from `preflash fit`; the published
figures are those of the deployments' authors. Every difference of more than `NOTABLE` is named, with
the reason that is given for that kind of figure.
"""

import json
import pathlib
import subprocess

import window_table
from published import NOTABLE, Differences, mean, points, table

FOLDER = pathlib.Path(__file__).resolve().parent / "conveyor"
BOARD = "orin-nano-8gb-15w"

# Detector on a Jetson Orin Nano, FP16, 640×640: % of parameters removed, GFLOP, ms, mAP.
PRUNED = [
    ("dense", 0, 17.2, 31.0, 91.0, "frames_dense_fp32"),
    ("unstructured 60 %", 60, 17.2, 30.8, 90.5, "frames_unstructured_fp32"),
    ("structured 45 %", 41, 9.4, 11.4, 90.4, "frames_structured_fp32"),
]
# Classifier of defects on a Jetson Orin Nano 8 GB: ms, mAP, MB of activations.
QUANTIZED = [
    ("FP16", 17.3, 92.4, 71, "frames_dense_fp32", "fp16"),
    ("INT8 PTQ", 8.9, 88.1, 38, "frames_dense_ptq_minmax", "int8"),
    ("INT8 QAT", 9.2, 91.2, 38, "frames_dense_qat", "int8"),
]
# The same deployment's mean over rare classes; ours: a calibration, or a member.
RARE = [
    ("PTQ by default", 79.2, "frames_dense_ptq_minmax"),
    ("calibration rebalanced", 84.6, ("class-stratified", "min/max")),
    ("percentile 99.99", 86.1, "frames_dense_ptq_best"),
    ("QAT", 89.4, "frames_dense_qat"),
]
# INT8 calibrated on 512 pictures: points of mAP below FP16.
CALIBRATED = [("random", 4.2), ("class-stratified", 2.8), ("hard tail", 0.6)]
# Distilled on a Jetson Orin Nano: parameters, bytes, IoU, pictures a second.
DISTILLED = [
    ("teacher", 224e6, 884e6, 0.91, 0.8, "frames_dense_fp32", "fp16"),
    ("student", 1.6e6, 6.3e6, 0.84, 31, "frames_student_int8", "int8"),
]

REASONS = {
    "GFLOP": "ours is a network for 160×120 pixels; the same weights over pictures of"
    " {height}×{width}, in the column beside it, do the published work",
    "latency": "our pictures need so little work that starting the GPU is most of the time, and the"
    " box's profile is fitted on TensorRT figures of published networks, which are far below 31 ms"
    " for 17 GFLOP: that figure must hold more than the network",
    "latency at that work": "the box's profile is fitted on TensorRT figures of published networks,"
    " which are far below 31 ms for 17 GFLOP: the published figure must hold more than the network."
    " It also fell more with pruning (2.7 times) than its FLOPs did (1.8 times), which work alone"
    " cannot do",
    "removed": "channels were removed until the multiply-accumulates had fallen by that share, which"
    " takes more of the parameters where layers at few pixels lose most",
    "mAP": "another task: synthetic belts, five classes, objects whose fault is cut off by the picture's"
    " edge; and networks trained for minutes, which see dents badly (see the classes below)",
    "activations": "our pictures are smaller, and activations are an arena in which tensors share"
    " bytes; over {height}×{width} pixels see the last column",
    "activations at that work": "activations are an arena in which tensors share bytes; the"
    " published figure may hold all of them and TensorRT's workspace",
    "gap": "another network and task, with its own loss to 8 bits",
    "rare": "another network and task; ours was trained for minutes",
    "parameters": "ours are small networks that a processor trains in minutes, so teacher and student"
    " are far closer to each other than the published pair",
    "size": "as parameters; the published student holds only weights in 8 bits, ours is int8"
    " throughout",
    "IoU": "another task: boxes of objects on a belt, not outlines",
    "rate": "as parameters: starting the GPU is most of the time of both",
}


def fit(preflash, model, precision):
    """`preflash fit` of a model on the box."""
    # Exit code 1 is a model that does not fit.
    answer = subprocess.run(
        [preflash, "fit", str(model), "--board", BOARD, "--precision", precision, "--json"],
        stdout=subprocess.PIPE, check=False)
    found = json.loads(answer.stdout)
    return {"ms": found["latency"]["medianNanoseconds"] / 1e6,
            "activations": found["memory"]["activationBytes"] / 1e6,
            "status": found["latency"]["status"]}


def pruned_table(results, fits, differences):
    variants, large = results["variants"], results["large"]
    dense = variants["frames_dense_fp32"]
    rows = []
    for name, removed, flops, ms, published, member in PRUNED:
        if member not in variants:
            continue
        entry, scale = variants[member], large["macs"] / dense["macs"]
        gone = 100 * (1 - (entry["parameters"] - entry["zeros"])
                      / (dense["parameters"] - dense["zeros"]))
        own, at_work = 2 * entry["macs"] / 1e9, 2 * entry["macs"] * scale / 1e9
        here, there = fits[member, "fp16"]["ms"], fits[f"{member} large", "fp16"]["ms"]
        score = entry["natural"]
        rows.append([
            name, f"{removed} %", f"{gone:.0f} %",
            differences.against("removed", name, gone, removed), f"{flops}",
            f"{own:.3f}", f"{at_work:.1f}", differences.against("GFLOP", name, own, flops),
            f"{ms} ms", f"{here:.2f} ms", differences.against("latency", name, here, ms),
            f"{there:.2f} ms", differences.against("latency at that work", name, there, ms),
            f"{published}", mean(score, "map50"), mean(entry["rich"], "faults50"),
            differences.against("mAP", name, 100 * score["map50"], published)])
    return table(
        ["approach", "parameters removed, published", "ours", "", "GFLOP, published", "ours",
         "over large pictures", "", "latency, published", "ours", "", "over large pictures", "",
         "mAP, published", "mAP@0.5, natural shares", "faults, every class as often", ""], rows)


def sweep_table(results, fits):
    variants = results["variants"]
    names = ["frames_dense_fp32", *sorted(
        name for name in variants if name.startswith("frames_structured_") and "fp32" in name)]
    dense = variants[names[0]]
    # By work, the most first.
    names.sort(key=lambda name: -variants[name]["macs"])
    rows = []
    for name in names:
        entry = variants[name]
        classes = entry["rich"]["classes50"]
        rows.append([
            entry["title"], f"{100 * (1 - entry['parameters'] / dense['parameters']):.0f} %",
            f"{100 * (1 - entry['macs'] / dense['macs']):.0f} %", f"{fits[name, 'fp16']['ms']:.2f} ms",
            mean(entry["natural"], "map50"), *[f"{100 * value:.1f}" for value in classes]])
    return table(["member", "parameters removed", "work removed", "latency", "mAP@0.5, natural",
                  *(f"{name}, even" for name in results["classes"])], rows)


def quantized_table(results, fits, differences):
    rows = []
    for name, ms, published, megabytes, member, precision in QUANTIZED:
        entry = results["variants"][member]
        found, large = fits[member, precision], fits[f"{member} large", precision]
        score = entry["natural"]
        rows.append([
            name, f"{ms} ms", f"{found['ms']:.2f} ms",
            differences.against("latency", name, found["ms"], ms), f"{published}",
            mean(score, "map50"), mean(entry["rich"], "map50"),
            differences.against("mAP", name, 100 * score["map50"], published),
            f"{megabytes} MB", f"{found['activations']:.2f} MB",
            differences.against("activations", name, found["activations"], megabytes),
            f"{large['activations']:.0f} MB",
            differences.against("activations at that work", name, large["activations"], megabytes)])
    return table(["", "latency, published", "ours", "", "mAP, published", "mAP@0.5, natural shares",
                  "every class as often", "", "activations, published", "ours", "",
                  "over large pictures", ""], rows)


def calibrated(results, selection, observer):
    return next((row for row in results["calibration"]
                 if (row["selection"], row["observer"]) == (selection, observer)), None)


def rare_table(results, differences):
    rows = []
    for name, published, source in RARE:
        if isinstance(source, str):
            natural, rich = (results["variants"][source][test] for test in ("natural", "rich"))
        else:
            row = calibrated(results, *source)
            if row is None:
                continue
            natural, rich = (row[test]["figures"] for test in ("natural", "rich"))
        rows.append([name, f"{published}", mean(natural, "faults50"), mean(rich, "faults50"),
                     differences.against("rare", name, 100 * natural["faults50"], published)])
    return table(["", "rare classes, published", "four faults, natural shares",
                  "four faults, every class as often", ""], rows)


def calibration_table(results, differences):
    rows = []
    for selection, published in CALIBRATED:
        for row in results["calibration"]:
            if row["selection"] != selection:
                continue
            gap = row["rich"]["gap"]
            rows.append([
                selection, row["observer"], f"{published}", points(row["natural"]["gap"]["all"]),
                points(gap["all"]), points(gap["faults"]),
                differences.against("gap", f"{selection}, {row['observer']}",
                                    100 * row["natural"]["gap"]["all"]["difference"], published),
                f"{100 * row['clipped']['mean']:.4f} %",
                f"{100 * row['clipped']['worst']:.3f} % ({row['clipped']['worst_of']})"])
    return table(["selection", "observer", "gap, published", "gap, natural shares",
                  "gap, every class as often", "gap of faults, every class as often", "",
                  "clipped", "most of one activation"], rows)


def distilled_table(results, fits, differences):
    rows = []
    for name, count, size, iou, rate, member, precision in DISTILLED:
        entry = results["variants"][member]
        ours = 1e3 / fits[member, precision]["ms"]
        overlap = entry["natural"]["mean_iou"]
        rows.append([
            name, f"{count / 1e6:g} M", f"{entry['parameters'] / 1e6:.3f} M",
            differences.against("parameters", name, entry["parameters"], count),
            f"{size / 1e6:g} MB", f"{entry['bytes'] / 1e6:.3f} MB",
            differences.against("size", name, entry["bytes"], size), f"{iou}", f"{overlap:.3f}",
            differences.against("IoU", name, overlap, iou), mean(entry["natural"], "map50"),
            mean(entry["rich"], "map50"), f"{rate} a second", f"{ours:.0f} a second",
            differences.against("rate", name, ours, rate)])
    return table(["", "parameters, published", "ours", "", "size, published", "ours", "",
                  "IoU, published", "ours", "", "mAP@0.5, natural shares", "every class as often",
                  "rate, published", "ours", ""], rows)


def page(preflash):
    results = json.loads((FOLDER / "results.json").read_text())
    fits = {}
    for name, entry in results["variants"].items():
        precision = "int8" if entry["int8"] else "fp16"
        fits[name, precision] = fit(preflash, FOLDER / f"{name}.tflite", precision)
    for name, file in results["large"]["files"].items():
        precision = "int8" if results["variants"][name]["int8"] else "fp16"
        fits[f"{name} large", precision] = fit(preflash, FOLDER / file, precision)
    size = results["large"]["size"]
    reasons = {kind: reason.format(height=size[0], width=size[1])
               for kind, reason in REASONS.items()}
    found = [Differences(reasons) for _ in range(5)]
    windows = window_table.section(
        preflash, results["tests"]["events"]["natural"]["median_events"])
    return f"""## Detectors on an edge box

The published rows are figures that authors of four deployments reported. Ours are the members of
[the conveyor family](conveyor/README.md): **synthetic belts, small networks**. Latencies, where
nothing else is said, are estimates of `preflash fit` for {BOARD}, FP16 for the float32 files, at one picture of 160×120 pixels;
“over large pictures” the same weights see {size[0]}×{size[1]} pixels, with which the dense network does
the work of the published one. Intervals are 95 %, over belts. mAP is in points, at an overlap of 0.5,
on belts with the natural shares ({results['natural_shares']} %) and where every class is as often.

{windows}
### A pruned detector

{pruned_table(results, fits, found[0])}

{zeros_text(results, fits)}

Beyond {100 * NOTABLE:.0f} %:

{found[0].text()}

Further channels removed, to where it breaks; float32, each class's AP@0.5 where all are as often:

{sweep_table(results, fits)}

### After training, or with 8 bits in training

{quantized_table(results, fits, found[1])}

Beyond {100 * NOTABLE:.0f} %:

{found[1].text()}

Rare classes. The published deployment also kept some layers in FP16 (+1 mAP, +1.4 ms); no file here
mixes types, so that row has no counterpart.

{rare_table(results, found[2])}

Beyond {100 * NOTABLE:.0f} %:

{found[2].text()}

The order of float32 ≥ QAT > PTQ by min/max, in points of mAP@0.5, by bootstrap of the same belts:

{ordering_table(results)}

It cannot be told where min/max costs less than other belts would change.

Further pairs on the same pictures, in points of mAP@0.5:

{pairs_text(results)}
{calibration_section(results, found[3])}{student_section(results, fits, found[4])}"""


def calibration_section(results, differences):
    if not results["calibration"]:
        return ""
    rows = calibration_table(results, differences)
    return f"""
### What 8 bits are calibrated on

{rows}

The gap is that to the float32 network; below 0, 8 bits are better. Histograms of every activation
before and after are in [conveyor/histograms.json](conveyor/histograms.json). Beyond
{100 * NOTABLE:.0f} %:

{differences.text()}
"""


def student_section(results, fits, differences):
    if "frames_student_int8" not in results["variants"]:
        return ""
    rows = distilled_table(results, fits, differences)
    return f"""
### A distilled student

{rows}

Our teacher is the dense network, which taught before its last steps (no wider one was trained); the
student is what was left of it when {100 * results['student_ratio']:.0f} % of its work had been pruned away, trained on.
{student_text(results)} Beyond {100 * NOTABLE:.0f} %:

{differences.text()}
"""


def zeros_text(results, fits):
    if "frames_unstructured_fp32" not in results["variants"]:
        return ""
    dense, sparse = (fits[f"{name} large", "fp16"]["ms"]
                     for name in ("frames_dense_fp32", "frames_unstructured_fp32"))
    cut = fits["frames_structured_fp32 large", "fp16"]["ms"]
    variants = results["variants"]
    work = (variants["frames_dense_fp32"]["macs"] / variants["frames_structured_fp32"]["macs"])
    return (f"Over large pictures zeros without another shape buy {dense - sparse:.2f} ms, fewer channels"
            f" {dense - cut:.2f} ms: {dense / cut:.2f} times faster for {work:.2f} times less work"
            f" (published: 2.7 times for 1.83). {pruning_text(results)}")


def pruning_text(results):
    """What zeros and missing channels cost where every class is as often, and what steps are worth."""
    steps = results["steps"]["pruned"][0] + results["steps"]["refine"][0]
    told = []
    for first, second in (("frames_dense_fp32", "frames_unstructured_fp32"),
                          ("frames_dense_fp32", "frames_structured_fp32"),
                          ("frames_dense_as_long_fp32", "frames_unstructured_fp32"),
                          ("frames_dense_as_long_fp32", "frames_structured_fp32")):
        pair = next(pair for pair in results["pairs"]
                    if (pair["first"], pair["second"]) == (first, second))
        told.append(points(pair["natural"]["all"]))
    return (f"With natural shares dense less unstructured is {told[0]} points of mAP, dense less structured"
            f" {told[1]} (published: 0.5 and 0.6). Both were trained on for {steps} steps while or after"
            f" they were pruned, the dense one for {results['steps']['refine'][0]}. A dense network"
            f" trained on for as many steps as they were is above them by {told[2]} and {told[3]}.")


def ordering_table(results):
    """Whether float32 is no less than QAT, and QAT more than PTQ, family by family."""
    pairs = {(pair["first"], pair["second"]): pair for pair in results["pairs"]}
    rows = []
    for family in ("dense", "unstructured", "structured"):
        names = [f"frames_{family}_{kind}" for kind in ("fp32", "qat", "ptq_minmax")]
        row = [family]
        for which in ("natural", "rich"):
            first, second = (pairs[pair][which]["all"] for pair in zip(names, names[1:]))
            broken = first["upper"] < 0 or second["upper"] < 0
            row += [points(first), points(second), "is another" if broken else
                    "holds" if second["lower"] > 0 else "cannot be told"]
        rows.append(row)
    return table(["", "float32 less QAT, natural shares", "QAT less PTQ", "the order",
                  "float32 less QAT, every class as often", "QAT less PTQ", "the order"], rows)


def pairs_text(results):
    titles = {name: entry["title"] for name, entry in results["variants"].items()}
    wanted = ("frames_dense", "frames_structured_fp32", "frames_structured_qat",
              "frames_unstructured_fp32", "frames_unstructured_qat")
    return "\n".join(
        f"- {titles[pair['first']]} less {titles[pair['second']]}:"
        f" natural shares {points(pair['natural']['all'])}, every class as often"
        f" {points(pair['rich']['all'])}, faults alone {points(pair['rich']['faults'])}"
        for pair in results["pairs"]
        if pair["first"].startswith(wanted) and "_int8" not in pair["second"]
        and not pair["second"].endswith(("_30_fp32", "_60_fp32", "_75_fp32", "_90_fp32")))


def student_text(results):
    pair = next(pair for pair in results["pairs"]
                if pair["second"] == "frames_student_alone_fp32")
    gain = pair["rich"]["all"]
    told = ("the teacher helped" if gain["lower"] > 0 else "the teacher did harm"
            if gain["upper"] < 0 else "whether the teacher helped cannot be told")
    return (f"Its gain over the same student without a teacher is {points(gain)} points where every class"
            f" is as often: {told}.")
