"""Intervals of measured shares, and the text of cards and READMEs."""

import numpy as np


def clustered_interval(right, total, seed, draws=2000):
    """95 % percentile bootstrap of a ratio of sums, whole clusters drawn with replacement."""
    random = np.random.default_rng(seed)
    picks = random.integers(0, len(right), (draws, len(right)))
    ratios = right[picks].sum(1) / total[picks].sum(1)
    return np.percentile(ratios, [2.5, 97.5])


def wilson(right, of, z=1.959964):
    """Wilson's 95 % interval of a share."""
    share = right / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def percent(right, of):
    return f"{100 * right / of:.1f} %"


def quoted(text):
    return '"' + text.replace('"', '\\"') + '"'


def result(on, unit, right, of, bounds, note):
    """A row of a card's `results`."""
    return {"on": on, "unit": unit, "correct": int(right), "of": int(of),
            "lower": float(bounds[0]), "upper": float(bounds[1]), "note": note}


def card_classes(pairs):
    return "\n".join(f"    {{ label: {label}, name: {quoted(name)} }}," for label, name in pairs)


def card_results(found):
    return "\n".join(
        f"    {{ on: {quoted(r['on'])}, unit: {quoted(r['unit'])}, correct: {r['correct']},"
        f" of: {r['of']},\n      lower: {r['lower']:.6f}, upper: {r['upper']:.6f},"
        f"\n      note: {quoted(r['note'])} }}," for r in found)


def result_table(found):
    head = "| on | per | right | accuracy | interval |\n| --- | --- | --- | --- | --- |\n"
    return head + "\n".join(
        f"| {r['on']} | {r['unit']} | {r['correct']} of {r['of']} |"
        f" {percent(r['correct'], r['of'])} |"
        f" {100 * r['lower']:.1f} to {100 * r['upper']:.1f} % |" for r in found)
