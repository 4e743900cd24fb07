"""What the recipe writes beside the models: saved outputs, cards, results.json and README.md."""

import json

import numpy as np
import tensorflow as tf

import calibration
import detection
import network
import ranges
import scene
import scoring
from recipe import figures

KINDS = {
    "frames": {"kind": "frame", "maximum": None, "channels": 1},
    "events": {"kind": "counts", "maximum": scene.COUNT_CAP, "channels": 2},
}


# Saved outputs --------------------------------------------------------------------------------


def micro_outputs(content, inputs):
    """int8 outputs by TensorFlow Lite for Microcontrollers, which cards call double-rounding."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(content)
    found = []
    for grid in inputs:
        interpreter.set_input(grid, 0)
        interpreter.invoke()
        found.append([interpreter.get_output(place)[0].copy() for place in range(2)])
    return found


def write_outputs(folder, name, content, pictures, unit, shown):
    """outputs/NAME….npz for `preflash validate`: of float32 one, of int8 one for each arithmetic."""
    interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    outputs = interpreter.get_output_details()
    place = interpreter.get_input_details()[0]["index"]
    of = ranges.Exported(content, unit)
    inputs = [of.inputs(picture) for picture in pictures[:: len(pictures) // shown][:shown]]
    answers = []
    for grid in inputs:
        interpreter.set_tensor(place, grid)
        interpreter.invoke()
        answers.append([interpreter.get_tensor(output["index"])[0].copy() for output in outputs])
    target = folder / "outputs"
    target.mkdir(exist_ok=True)
    if outputs[0]["dtype"] == np.float32:
        save(target / f"{name}.npz", inputs, answers, outputs)
    else:
        save(target / f"{name}.fp32-half-even.npz", inputs, answers, outputs)
        save(target / f"{name}.double-rounding.npz", inputs, micro_outputs(content, inputs), outputs)


def save(path, inputs, answers, outputs):
    real = []
    for number, output in enumerate(outputs):
        values = np.stack([answer[number] for answer in answers])
        if output["dtype"] == np.int8:
            scale, zero_point = output["quantization"]
            values = (values.astype(np.float32) - zero_point) * np.float32(scale)
        real.append(values)
    np.savez_compressed(path, inputs=np.concatenate(inputs), logits=real[0], logits_1=real[1])


# Results --------------------------------------------------------------------------------------


PAIRS = [
    ("frames_dense_fp32", "frames_dense_qat"), ("frames_dense_fp32", "frames_dense_ptq_minmax"),
    ("frames_dense_fp32", "frames_dense_ptq_best"),
    ("frames_dense_qat", "frames_dense_ptq_minmax"), ("frames_dense_qat", "frames_dense_ptq_best"),
    ("frames_dense_fp32", "frames_unstructured_fp32"),
    ("frames_dense_fp32", "frames_structured_fp32"),
    ("frames_dense_as_long_fp32", "frames_dense_fp32"),
    ("frames_dense_as_long_fp32", "frames_unstructured_fp32"),
    ("frames_dense_as_long_fp32", "frames_structured_fp32"),
    ("frames_unstructured_fp32", "frames_structured_fp32"),
    ("frames_unstructured_fp32", "frames_unstructured_qat"),
    ("frames_unstructured_fp32", "frames_unstructured_ptq_minmax"),
    ("frames_unstructured_fp32", "frames_unstructured_ptq_best"),
    ("frames_unstructured_qat", "frames_unstructured_ptq_minmax"),
    ("frames_unstructured_qat", "frames_unstructured_ptq_best"),
    ("frames_structured_fp32", "frames_structured_qat"),
    ("frames_structured_fp32", "frames_structured_ptq_minmax"),
    ("frames_structured_qat", "frames_structured_ptq_minmax"),
    ("frames_structured_30_fp32", "frames_structured_fp32"),
    ("frames_structured_fp32", "frames_structured_60_fp32"),
    ("frames_structured_fp32", "frames_structured_75_fp32"),
    ("frames_structured_fp32", "frames_structured_90_fp32"),
    ("frames_dense_fp32", "frames_student_fp32"),
    ("frames_student_fp32", "frames_student_alone_fp32"),
    ("frames_student_fp32", "frames_student_int8"),
    ("events_dense_fp32", "events_dense_int8"),
]
TESTS = {"natural": "natural shares", "rich": "every class as often"}


def figures_of(groups):
    """Variants, test sets and pairs of `groups` of members, as plain numbers."""
    variants, tests = {}, {}
    for members in groups:
        kind = members.recipe.kind
        tests[kind] = {which: size(members.recipe.set(which)) for which in TESTS}
        for name, entry in members.found.items():
            variants[name] = {key: value for key, value in entry.items() if key != "scored"} | {
                which: scoring.summary(scored) for which, scored in entry["scored"].items()}
    scored = {name: entry["scored"] for members in groups for name, entry in members.found.items()}
    pairs = [{"first": a, "second": b,
              **{which: scoring.difference(scored[a][which], scored[b][which]) for which in TESTS}}
             for a, b in PAIRS if a in scored and b in scored]
    return {"tests": tests, "variants": variants, "pairs": pairs}


def size(data):
    """Of a test set; the events of a picture are those that are counted, so capped by pixel."""
    classes = np.concatenate([classes for _, classes in data.truths])
    return {"pictures": len(data.truths), "clips": int(data.clips.max()) + 1,
            "boxes": np.bincount(classes, minlength=len(network.CLASSES)).tolist(),
            **({"median_events": float(np.median(data.pictures.sum((1, 2, 3))))}
               if data.pictures.shape[3] == 2 else {})}


def second_run(folder, other, variants):
    """What another run's folder holds of the same members: whether the same bytes, else how far off."""
    theirs = json.loads((other / "results.json").read_text())["variants"]
    found = {}
    for name, entry in variants.items():
        file = f"{name}.tflite"
        if name in theirs:
            found[name] = {
                "same": (folder / file).read_bytes() == (other / file).read_bytes(),
                **{which: theirs[name][which]["map50"] - entry[which]["map50"] for which in TESTS}}
    return found


# Cards ----------------------------------------------------------------------------------------


def card(name, entry, tests, interpreter, seed):
    kind = KINDS[entry["kind"]]
    maximum = "" if kind["maximum"] is None else f"\n    maximumCount: {kind['maximum']},"
    details = interpreter.input
    scale, zero_point = details["quantization"]
    given = (f"\n  input: {{ scale: {scale:.17g}, zeroPoint: {zero_point} }},"
             if entry["int8"] else "")
    window = ("grey pictures at 25 a second, one by one" if entry["kind"] == "frames"
              else "events of the 40 ms before the instant that boxes are of")
    rows = "\n".join(result_row(entry[which], tests[entry["kind"]][which], title)
                     for which, title in TESTS.items())
    classes = figures.card_classes(enumerate(network.CLASSES))
    return f"""// Written by train.py; see README.md beside it.
{{
  name: "{name}",
  model: "{name}.tflite",
  summary: {figures.quoted(f"{entry['title']}: objects on a conveyor and their faults")},
  arithmetic: "fp32-half-even",
  data: {{
    origin: "synthetic",
    description: "preflash synthesize conveyor; {window}; trained on shares rich in faults",
  }},
  window: {{ microseconds: {scene.FRAME} }},
  representation: {{
    kind: "{kind['kind']}", width: {network.WIDTH}, height: {network.HEIGHT}, downsample: 2,{maximum}
  }},{given}
  classes: [
{classes}
  ],
  detector: {{
    layout: "centre-grid", stride: {network.STRIDE}, scoreThreshold: {detection.SCORE_THRESHOLD},
    overlap: {detection.OVERLAP}, mostBoxes: {detection.MOST_BOXES},
  }},
  // Boxes found with the right class at an overlap of 0.5 or more, of those that are there.
  results: [
{rows}
  ],
  recipe: {{ file: "train.py", seed: {seed}, description: "see README.md" }},
}}
"""


def result_row(found, test, title):
    right, of = sum(found["right"]), sum(found["objects"])
    low, high = found["map50_interval"]
    note = (f"mAP@0.5 {100 * found['map50']:.1f} [{100 * low:.1f}, {100 * high:.1f}] over"
            f" {test['clips']} belts, {test['pictures']} pictures")
    return (f"    {{ on: {figures.quoted(title)}, unit: \"box\", correct: {right}, of: {of},\n"
            f"      note: {figures.quoted(note)} }},")


def write_cards(folder, found, unit):
    for name, entry in found["variants"].items():
        interpreter = ranges.Exported((folder / f"{name}.tflite").read_bytes(), unit[entry["kind"]][0])
        (folder / f"{name}.card.json5").write_text(
            card(name, entry, found["tests"], interpreter, found["seed"]))


# README ---------------------------------------------------------------------------------------


def told(*phases):
    return ", then ".join(f"{steps} × {batch} at {rate:g}" for steps, batch, rate in phases)


def share(value, bounds):
    if not np.isfinite(value):
        return "-"
    return f"{100 * value:.1f} [{100 * bounds[0]:.1f}, {100 * bounds[1]:.1f}]"


def members_table(variants):
    lines = ["| member | file | bytes | parameters | of them zero | MMAC |"
             " mAP@0.5, natural | mAP, natural | mAP@0.5, even | faults, even |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, entry in variants.items():
        natural, rich = entry["natural"], entry["rich"]
        lines.append(
            f"| {entry['title']} | `{name}.tflite` | {entry['bytes']:,} | {entry['parameters']:,} |"
            f" {100 * entry['zeros'] / entry['parameters']:.0f} % | {entry['macs'] / 1e6:.1f} |"
            f" {share(natural['map50'], natural['map50_interval'])} | {100 * natural['map']:.1f} |"
            f" {share(rich['map50'], rich['map50_interval'])} |"
            f" {share(rich['faults50'], rich['faults50_interval'])} |")
    return "\n".join(lines)


def classes_table(variants, which):
    lines = ["| member | " + " | ".join(network.CLASSES) + " |",
             "| --- |" + " --- |" * len(network.CLASSES)]
    for entry in variants.values():
        cells = " | ".join(share(value, bounds) for value, bounds in zip(
            entry[which]["classes50"], entry[which]["classes50_interval"]))
        lines.append(f"| {entry['title']} | {cells} |")
    return "\n".join(lines)


def pairs_table(found):
    titles = {name: entry["title"] for name, entry in found["variants"].items()}
    lines = ["| first | less second | all, natural | all, even | faults, even | is it one |",
             "| --- | --- | --- | --- | --- | --- |"]
    for pair in found["pairs"]:
        faults = pair["rich"]["faults"]
        lines.append(
            f"| {titles[pair['first']]} | {titles[pair['second']]} |"
            f" {points(pair['natural']['all'])} | {points(pair['rich']['all'])} | {points(faults)} |"
            f" {'first is above' if faults['lower'] > 0 else 'second is above' if faults['upper'] < 0 else 'cannot be told'} |")
    return "\n".join(lines)


def points(pair):
    return (f"{100 * pair['difference']:+.2f} [{100 * pair['lower']:+.2f},"
            f" {100 * pair['upper']:+.2f}]")


def tests_table(tests):
    lines = ["| test | belts | pictures | " + " | ".join(network.CLASSES) + " |",
             "| --- | --- | --- |" + " --- |" * len(network.CLASSES)]
    for kind, sets in tests.items():
        for which, data in sets.items():
            boxes = " | ".join(f"{count:,}" for count in data["boxes"])
            lines.append(f"| {kind}, {TESTS[which]} | {data['clips']} | {data['pictures']:,} |"
                         f" {boxes} |")
    return "\n".join(lines)


def second_text(second, variants):
    """A paragraph on a second run, or nothing where none is known."""
    if not second:
        return ""
    other = {name: row for name, row in second.items() if not row["same"]}
    same = (f"A second run from nothing, on the same machine, gave the same bytes of"
            f" {len(second) - len(other)} of the {len(second)} models.")
    if not other:
        return f"\n{same}\n"
    lines = ["| member | mAP@0.5, natural, second less first | even |", "| --- | --- | --- |"]
    lines += [f"| {variants[name]['title']} | {100 * row['natural']:+.2f} | {100 * row['rich']:+.2f} |"
              for name, row in other.items()]
    rows = "\n".join(lines)
    return f"\n{same} Of the others, in points, which is the recipe's tolerance:\n\n{rows}\n"


def write_readme(folder, found):
    variants, steps = found["variants"], found["steps"]
    train, pool = found["sets"]["frames"]["train"], found["sets"]["frames"]["pool"]
    counted = found["sets"]["events"]
    (folder / "README.md").write_text(f"""# Conveyor detectors

Written by `train.py`; do not edit.

Small single-shot detectors that find objects on a belt and name their fault. **Trained and measured
on synthetic belts only**, rendered by `preflash synthesize conveyor`.

| | |
| --- | --- |
| input, frames | [1, 120, 160, 1], grey 0…1: the 320×240 picture averaged over 2×2 pixels |
| input, events | [1, 120, 160, 2], OFF and ON counts on 2×2 pixels, at most {scene.COUNT_CAP}, of the 40 ms that end at the instant that boxes are of |
| outputs | scores [1, 15, 20, 5], logits; boxes [1, 15, 20, 4], left, top, right, bottom from a cell's centre in cells of 8 input pixels |
| boxes | each cell's best class from a score of {detection.SCORE_THRESHOLD} on; of two that overlap more than {detection.OVERLAP} the better; at most {detection.MOST_BOXES} |
| classes | {', '.join(f'{place} {name}' for place, name in enumerate(network.CLASSES))} |
| camera | 320×240 pixels, 200 a metre, 1.8 m/s, 25 pictures a second |
| trained on | {train[1]} belts of {train[2]} s, percent of each class {train[3]}; on events {counted['train'][1]} belts of {counted['train'][2]} s |
| calibrated on | {calibration.COUNT} of the pictures of {pool[1]} belts, percent {pool[3]}; on events at most as many of {counted['pool'][1]} belts of {counted['pool'][2]} s |
| intended use | to rehearse deployments of an inspection line, not to inspect anything |
| recipe | `train.py`, seed {found['seed']}, {found['seconds'] / 60:.0f} minutes of training on one core of a shared machine, rendering and scoring aside |

Steps, pictures in each, rate: {told(steps['begin'])} with batch normalization and
{told(steps['longer'])} without, of which everything on frames comes;
{told(steps['pruned'])} after channels were removed, or while weights are; then
{told(steps['refine'])} in float32 and again, from the same start, for each in QAT. Of the
unstructured network the smallest weights of all its layers but the last two become zero over the
first {steps['rising']} steps, along the cubic schedule of Zhu and Gupta (2017), and stay so.
**The dense rows have so seen fewer pictures than pruned ones**, which flatters these; one further row
says what as many steps do for a dense network. Students: {told(steps['student'])}, from the network
pruned by {100 * found['student_ratio']:.0f} %. On events: {told(steps['events'])}, from what the
dense network on frames was before its last steps, its first convolution replaced by a random one over
two channels. Each network was trained from one seed: intervals say what other belts would have
changed, not what another seed would.
{second_text(found['second'], variants)}
## What is scored on

{tests_table(found['tests'])}

Boxes by class. Intervals are 95 %, by bootstrap over whole belts; figures are COCO's and equal those
of `preflash evaluate boxes`. int8 by TensorFlow {tf.__version__} (XNNPACK, `fp32-half-even`).

## Members

{members_table(variants)}

Structured pruning removes channels with all that is tied to them through additions and the
concatenation, until that share of multiply-accumulates is gone. The student learned from the
scores and boxes of the dense network, before that network's last steps, as much as from labels.

## By class, natural shares, AP@0.5

{classes_table(variants, 'natural')}

## By class, every class as often, AP@0.5

{classes_table(variants, 'rich')}

## Differences, pair by pair, in points of mAP@0.5

{pairs_table(found)}

“Is it one” is about the four faults where every class is as often.

## Limits

- Synthetic belts: nothing here says how a detector does on a real line.
- Natural shares leave few objects of the rarest class: their intervals are wide. The even set has
  more of them, but not the flood of good objects in which they must be found.
- An object cut by the picture's edge keeps its class, though its fault may be out of sight: no
  detector can be right about all of these.
- The pruned networks' channel counts are no multiples of 8 or 32, which some accelerators want.
- Clean lens, steady light, one kind of product: other conditions are what the rehearsals are about.
""")


def write_results(folder, found, unit):
    (folder / "results.json").write_text(json.dumps(found, indent=1) + "\n")
    write_cards(folder, found, unit)
    write_readme(folder, found)
