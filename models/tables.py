"""Writes models/README.md: published figures with ours beside them.

    swift build -c release
    python3 models/tables.py

Reads what the recipes wrote (results.json, card.json5 beside each model) and asks `preflash fit` for
sizes and latencies; nothing in the page is typed by hand but the published figures, whose source
is named with them. Needs no package.
"""

import argparse
import json
import pathlib
import re
import subprocess

import edge_tables

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent

BOARD = "stm32h743zi"
RUNTIME = "x-cube-ai-10.0"

# Stage, bytes, accuracy in %, milliseconds: DVS128 Gesture, 11 classes, 50 ms windows, STM32H7 at
# 480 MHz, as the author of that deployment reported them.
PUBLISHED = [
    ("fp32 baseline, accumulated frames", 4_200_000, 94.1, 68, "frames_fp32"),
    ("fp32, voxel input", 3_100_000, 94.6, 51, "voxel_fp32"),
    ("PTQ int8 (min/max)", 820_000, 89.2, 19, "voxel_ptq_minmax"),
    ("QAT int8 (moving average 0.01)", 780_000, 93.4, 15, "voxel_qat_001"),
]
# What is close enough for sizes and latencies of the int8 rows.
TOLERANCE = 0.30


def fit(preflash, model):
    """`preflash fit` of a model: (milliseconds, ±, whether the latency is validated)."""
    # Exit code 1 is a model that does not fit: the float ones exceed the chip's flash.
    answer = subprocess.run(
        [preflash, "fit", str(model), "--board", BOARD, "--runtime", RUNTIME, "--json"],
        stdout=subprocess.PIPE, check=False)
    found = json.loads(answer.stdout)
    latency = found["latency"]
    return {
        "milliseconds": latency["estimatedNanoseconds"] / 1e6,
        "uncertainty": latency["uncertaintyNanoseconds"] / 1e6,
        "validated": not latency["uncalibratedOperators"],
        "fits": found["passes"], "macs": latency["macs"], "ram": found["ram"]["bytes"],
    }


def against(ours, published):
    return f"{100 * (ours / published - 1):+.0f} %"


def size(count):
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.0f} KB"


def accuracy(row):
    return (f"{100 * row['right'] / row['of']:.1f} %"
            f" [{100 * row['lower']:.1f}, {100 * row['upper']:.1f}]")


def gesture_table(results, fits):
    lines = [
        "| stage | size, published | ours | | accuracy, published | held-out synthetic |"
        " ten real clips | latency, published | estimated | |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    misses = []
    for stage, wanted, share, milliseconds, name in PUBLISHED:
        entry, found = results["variants"][name], fits[name]
        real = accuracy(entry["real"]) if entry["real"] else "-"
        mark = "" if found["validated"] else " (not validated)"
        lines.append(
            f"| {stage} | {size(wanted)} | {size(entry['bytes'])} |"
            f" {against(entry['bytes'], wanted)} | {share} % | {accuracy(entry['held_out'])} |"
            f" {real} | {milliseconds} ms |"
            f" {found['milliseconds']:.1f} ± {found['uncertainty']:.1f} ms{mark} |"
            f" {against(found['milliseconds'], milliseconds)} |")
        if "int8" in stage:
            pairs = (("size", entry["bytes"], wanted),
                     ("latency", found["milliseconds"], milliseconds))
            misses += [f"{what} of {stage}: {against(ours, theirs)}"
                       for what, ours, theirs in pairs if abs(ours / theirs - 1) > TOLERANCE]
    return "\n".join(lines), misses


def others(results, fits):
    shown = {name for *_, name in PUBLISHED}
    lines = ["| | size | held-out synthetic | ten real clips | estimated latency |",
             "| --- | --- | --- | --- | --- |"]
    for name, entry in results["variants"].items():
        if name not in shown:
            real = accuracy(entry["real"]) if entry["real"] else "-"
            lines.append(
                f"| {entry['title']} | {size(entry['bytes'])} | {accuracy(entry['held_out'])} |"
                f" {real} | {fits[name]['milliseconds']:.1f} ms |")
    return "\n".join(lines)


def pairs(results):
    titles = {name: entry["title"] for name, entry in results["variants"].items()}
    return "\n".join(
        f"- {titles[pair['first']]} less {titles[pair['second']]}:"
        f" {100 * pair['difference']:+.2f} points"
        f" [{100 * pair['lower']:+.2f}, {100 * pair['upper']:+.2f}]" for pair in results["pairs"])


def card_results(card):
    """(on, unit, right, of, lower, upper) of every result of a card that a recipe wrote."""
    row = re.compile(
        r'\{ on: "([^"]+)", unit: "([^"]+)", correct: (\d+), of: (\d+),\s+'
        r"lower: ([\d.]+), upper: ([\d.]+)")
    return [(on, unit, int(right), int(of), float(lower), float(upper))
            for on, unit, right, of, lower, upper in row.findall(card.read_text())]


def bundled(preflash):
    lines = ["| model | trained on | measured on | per | right | accuracy | size |"
             " estimated latency |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for folder, data in (("gesture", "synthetic events"), ("nmnist", "real events")):
        model = HERE / folder / f"{folder}_int8.tflite"
        found = fit(preflash, model)
        for on, unit, right, of, lower, upper in card_results(HERE / folder / "card.json5"):
            lines.append(
                f"| [{folder}]({folder}/README.md) | {data} | {on} | {unit} | {right} of {of} |"
                f" {100 * right / of:.1f} % [{100 * lower:.1f}, {100 * upper:.1f}] |"
                f" {size(model.stat().st_size)} | {found['milliseconds']:.1f} ms |")
    return "\n".join(lines)


def page(preflash):
    folder = HERE / "gesture" / "family"
    results = json.loads((folder / "results.json").read_text())
    fits = {name: fit(preflash, folder / f"{name}.tflite") for name in results["variants"]}
    table, misses = gesture_table(results, fits)
    within = ("Sizes and latencies of both int8 rows lie within"
              f" {100 * TOLERANCE:.0f} % of the published ones."
              if not misses else "Beyond "
              f"{100 * TOLERANCE:.0f} % of the published figure: {'; '.join(misses)}.")
    return f"""# Models

Written by `python3 models/tables.py`; do not edit.

Latencies are estimates of `preflash fit`, of microcontrollers for {BOARD} with {RUNTIME}, not
measurements. Intervals are 95 %, over windows or recordings; each network was trained once.

## What is bundled

{bundled(preflash)}

## A gesture network on an STM32H7

The published rows are one author's figures on real hardware and on the whole of DVS128 Gesture,
real people in 50 ms windows. Ours are other networks of the same plan, **trained on synthetic
gestures**: sizes and latencies may be compared, accuracies may not. The last columns of each group
say how far ours is from the published figure.

{table}

{within} The network on frames had far less training than the one on voxel grids, so the first two
accuracies do not compare the representations. Float32 latencies come from a profile that has never been compared with a float network on
a board, hence “not validated”; they do not fit the chip's flash either, which the published
deployment must have kept elsewhere. Post-training and quantization-aware int8 are the same graph
here and so take the same time; the published 19 and 15 ms differ by more than quantization.

Other members of the family:

{others(results, fits)}

On the same held-out windows, pair by pair:

{pairs(results)}

{results['verdict']}

[How they were trained, the gap to real recordings, and limits](gesture/family/README.md)

{edge_tables.page(preflash)}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preflash", default=str(ROOT / ".build/release/preflash"))
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "README.md")
    arguments = parser.parse_args()
    arguments.out.write_text(page(arguments.preflash))


if __name__ == "__main__":
    main()
