"""Table of windows over which events are counted: the published sweep and `preflash sweep window`.

    python3 models/window_table.py

renders a longer belt and writes what `preflash sweep window` says of it to conveyor/windows.json,
for the page that tables.py writes; again when the detector on events is another one.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import tempfile

from published import NOTABLE, Differences, table

ROOT = pathlib.Path(__file__).resolve().parents[1]

# Detector on a conveyor at 1.8 m/s, Jetson Orin NX, INT8, 4,100 frames, weights fixed: ms of the
# window, median events in it, mAP at 0.5, ms of preprocessing and inference.
WINDOWS = [(5, 1900, 38.0, 7.4), (10, 4300, 41.2, 8.1), (20, 9800, 46.9, 9.3),
           (33, 17400, 47.6, 11.0), (50, 28500, 45.1, 13.8)]
TRAINED = 40  # ms, the window of our detector, which the published sweep lacks
LENGTHS = ",".join(f"{length}ms" for length in sorted([TRAINED, *(row[0] for row in WINDOWS)]))
SCENARIO = "traces/conveyor-events"
# A belt like those that the detector was trained for, of a seed that it never saw.
BELT = ("preflash synthesize conveyor --size 320x240 --scale 200 --speed 1.8 --seed 16500"
        " --duration 20s --shares 20,20,20,20,20")
KEPT = ROOT / "models/conveyor/windows.json"
MODEL = ROOT / "models/conveyor/events_dense_int8.tflite"

REASONS = {
    "events": "another scene and a simulated sensor, whose objects fill the belt alike at all times, so"
    " that events grow as the window does; the published ones grow faster than it",
    "mAP by window": "another task and one short recording; and weights that were trained on 40 ms alone:"
    " shorter windows hold fewer counts than they know, longer ones smear what passes",
    "time by window": "a network of 50 million multiply-accumulates on a profile fitted on TensorRT"
    " figures, where most of the time is the start of the GPU; the published preprocessing takes far"
    " more for each event",
}


def sweep(preflash, *options):
    """`preflash sweep window` of the published windows and our own."""
    # Exit code 1 is a window that misses what the scenario expects.
    answer = subprocess.run(
        [preflash, "sweep", "window", str(ROOT / SCENARIO), "--windows", LENGTHS, "--json", *options],
        stdout=subprocess.PIPE, check=False)
    return json.loads(answer.stdout)


def by_length(found):
    return {row["lengthMicroseconds"] // 1000: row for row in found["windows"]}


def model_checksum():
    return hashlib.sha256(MODEL.read_bytes()).hexdigest()


def swept_belt(preflash):
    """What a sweep over `BELT` says, with what it is of."""
    with tempfile.TemporaryDirectory() as folder:
        belt, boxes = f"{folder}/belt.aedat4", f"{folder}/belt_boxes.npy"
        subprocess.run([preflash, *BELT.split()[1:], "--out", belt, "--boxes", boxes],
                       check=True, stdout=subprocess.DEVNULL)
        found = sweep(preflash, "--trace", belt, "--labels", boxes)
    kept = ("lengthMicroseconds", "windows", "medianEvents", "objects", "precisionAt50", "lower",
            "upper", "classes")
    return {"belt": BELT, "model": found["model"], "sha256": model_checksum(),
            "windows": [{key: row[key] for key in kept} for row in found["windows"]]}


def milliseconds(row):
    return (row["preprocessingNanoseconds"] + row["inferenceNanoseconds"]) / 1e6


def rows_of(windows, differences):
    published = {length: figures for length, *figures in WINDOWS}
    rows = []
    for length, found in windows.items():
        name, ours, time = f"{length} ms", 100 * found["precisionAt50"], milliseconds(found)
        events, precision, ms = published.get(length, (None, None, None))

        def beside(kind, own, other):
            return differences.against(kind, name, own, other) if other else ""
        rows.append([
            name, f"{events:,}" if events else "-", f"{found['medianEvents']:,}",
            beside("events", found["medianEvents"], events), f"{precision or '-'}", f"{ours:.1f}",
            beside("mAP by window", ours, precision), f"{ms} ms" if ms else "-", f"{time:.2f} ms",
            beside("time by window", time, ms)])
    return table(["window", "median events, published", "ours", "", "mAP@0.5, published", "ours", "",
                  "preprocessing and inference, published", "ours", ""], rows)


def text(windows, trained_events):
    """What the curve is like, and for each further event what preprocessing takes."""
    rows = list(windows.values())
    ours = [row["precisionAt50"] for row in rows]
    theirs = [row[2] for row in WINDOWS]
    best = list(windows)[ours.index(max(ours))], WINDOWS[theirs.index(max(theirs))][0]
    steps = [b - a for a, b in zip(ours, ours[1:])]
    shape = ("rises and falls, as the published one does" if min(steps) < 0 < max(steps)
             else "never turns, which the published one does")
    published_each = 1e6 * (WINDOWS[-1][3] - WINDOWS[0][3]) / (WINDOWS[-1][1] - WINDOWS[0][1])
    each = (1e6 * (milliseconds(rows[-1]) - milliseconds(rows[0]))
            / (rows[-1]["medianEvents"] - rows[0]["medianEvents"]))
    seen = sum(area is not None for area in rows[0]["classes"])
    return (f"Our curve {shape}; its best window is {best[0]} ms, the published {best[1]} ms. The belts"
            f" that the detector was trained for have {trained_events:,.0f} events in {TRAINED} ms (median,"
            f" natural shares), this one {windows[TRAINED]['medianEvents']:,}, which may move the best window:"
            " see the longer belt below."
            " From the shortest to the longest each further event takes"
            f" {each:.0f} ns, in the published figures {published_each:.0f} ns. Ours is one recording of"
            f" {rows[0]['windows']} pictures with {rows[0]['objects']} objects of {seen} of the five"
            " classes, so it has no interval.")


def belt_section():
    """The longer belt, from what was kept of it."""
    kept = json.loads(KEPT.read_text())
    if kept["sha256"] != model_checksum():
        raise SystemExit(f"{MODEL.name} is not the one of {KEPT.name}: run models/window_table.py")
    published = {length: figures[1] for length, *figures in WINDOWS}
    windows, rows = by_length(kept), []
    for length, row in windows.items():
        ours, theirs = 100 * row["precisionAt50"], published.get(length)
        rows.append([
            f"{length} ms", f"{row['medianEvents']:,}", f"{theirs or '-'}",
            f"{ours:.1f} [{100 * row['lower']:.1f}, {100 * row['upper']:.1f}]",
            f"{100 * (ours / theirs - 1):+.0f} %" if theirs else ""])
    best = max(windows, key=lambda length: windows[length]["precisionAt50"])
    first = next(iter(windows.values()))
    return f"""The same sweep over {first['windows']} pictures with {first['objects']:,} objects of all classes,
each as often, of `{kept['belt']}`; `python3 models/window_table.py` measures it:

{table(["window", "median events", "mAP@0.5, published", "ours", ""], rows)}

On this belt, which is like those that it was trained for, the best window is {best} ms.
Intervals are 95 %, over clips of 2 s of this one belt."""


def section(preflash, trained_events):
    found, differences = sweep(preflash), Differences(REASONS)
    windows = by_length(found)
    rows = rows_of(windows, differences)
    return f"""### How long events are counted

[`{found['model']}`](conveyor/README.md), trained on {TRAINED} ms, before the belt of
[{SCENARIO}](../{SCENARIO}); latencies are estimates for {found['box']}. These are the
figures of `preflash sweep window {SCENARIO} --windows {LENGTHS}`.

{rows}

{text(windows, trained_events)} Beyond {100 * NOTABLE:.0f} %:

{differences.text()}

{belt_section()}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preflash", default=str(ROOT / ".build/release/preflash"))
    arguments = parser.parse_args()
    KEPT.write_text(json.dumps(swept_belt(arguments.preflash), indent=1) + "\n")


if __name__ == "__main__":
    main()
