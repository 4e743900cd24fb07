"""Published figures with ours beside them: tables, and differences that want a reason."""

NOTABLE = 0.20


class Differences:
    """Those of more than `NOTABLE`, by kind of figure, with the reason given for each kind."""

    def __init__(self, reasons):
        self.reasons = reasons
        self.found = {}

    def against(self, kind, row, ours, published):
        """A cell of how far ours is from the published figure."""
        if published == 0:
            return "" if ours == 0 else "-"
        text = f"{100 * (ours / published - 1):+.0f} %"
        if abs(ours / published - 1) > NOTABLE:
            self.found.setdefault(kind, []).append(f"{row} {text}")
        return text

    def text(self):
        lines = [f"- **{kind}** ({', '.join(rows)}): {self.reasons[kind]}."
                 for kind, rows in self.found.items()]
        return "\n".join(lines) if lines else f"None is more than {100 * NOTABLE:.0f} %."


def mean(figures, key):
    low, high = figures[f"{key}_interval"]
    return f"{100 * figures[key]:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def points(pair):
    return (f"{100 * pair['difference']:+.2f} [{100 * pair['lower']:+.2f},"
            f" {100 * pair['upper']:+.2f}]")
