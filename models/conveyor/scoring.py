"""Average precision as pycocotools computes it, and intervals from clips drawn with replacement.

A picture's truth is (boxes, classes), its detections are (boxes, classes, scores), boxes being
(left, top, width, height). At most 100 detections a picture, all areas, as in COCO's first figure.
"""

import json

import numpy as np

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)


def pair_overlaps(found, truth):
    """IoU [found, truth]."""
    low = np.maximum(found[:, None, :2], truth[None, :, :2])
    high = np.minimum((found[:, :2] + found[:, 2:])[:, None], (truth[:, :2] + truth[:, 2:])[None])
    inner = np.prod(np.maximum(high - low, 0), 2)
    return inner / (np.prod(found[:, 2:], 1)[:, None] + np.prod(truth[:, 2:], 1)[None] - inner)


def matched(iou):
    """[thresholds, found]: whether each detection takes an object, in the order of scores."""
    hits = np.zeros((len(THRESHOLDS), len(iou)), bool)
    for index, threshold in enumerate(THRESHOLDS):
        taken = np.zeros(iou.shape[1], bool)
        for row in range(len(iou)):
            open_ones = np.where(taken, -1.0, iou[row])
            # Of equals the last, as pycocotools takes it.
            best = len(open_ones) - 1 - int(open_ones[::-1].argmax())
            if open_ones[best] >= min(threshold, 1 - 1e-10):
                taken[best] = hits[index, row] = True
    return hits


class Matches:
    """All detections of one class against the truth, ready to be weighed by clip."""

    def __init__(self, kind, truths, detections, clips, count):
        hits, scores, places = [], [], []
        self.objects = np.zeros(count)
        self.overlaps = []
        for (boxes, classes), (found, kinds, score), clip in zip(truths, detections, clips):
            mine, wanted = kinds == kind, boxes[classes == kind]
            self.objects[clip] += len(wanted)
            if not mine.any():
                continue
            iou = pair_overlaps(found[mine], wanted) if len(wanted) else np.zeros((mine.sum(), 0))
            hit = matched(iou) if len(wanted) else np.zeros((len(THRESHOLDS), mine.sum()), bool)
            self.overlaps += [row.max() for row, right in zip(iou, hit[0]) if right]
            hits.append(hit)
            scores.append(score[mine])
            places.append(np.full(mine.sum(), clip))
        scores = np.concatenate([np.zeros(0), *scores])
        order = np.argsort(-scores, kind="mergesort")
        self.hits = np.concatenate([np.zeros((len(THRESHOLDS), 0), bool), *hits], 1)[:, order]
        self.clips = np.concatenate([np.zeros(0, int), *places]).astype(int)[order]

    def average_precision(self, weights, thresholds):
        """AP at the first so many thresholds; NaN where the clips drawn hold no such object."""
        objects = float((weights * self.objects).sum())
        if objects == 0:
            return np.full(thresholds, np.nan)
        weight = weights[self.clips]
        right = np.cumsum(self.hits[:thresholds] * weight, 1)
        total = np.cumsum(weight)
        found = []
        for row in right:
            precision = np.maximum.accumulate((row / np.maximum(total, 1e-12))[::-1])[::-1]
            at = np.searchsorted(row / objects, RECALLS, side="left")
            found.append(np.append(precision, 0)[np.minimum(at, len(precision))].mean())
        return np.array(found)


class Scored:
    """A detector's figures on one set of pictures."""

    FIELDS = ("by_class", "at_half", "coco", "overlap", "right", "objects", "drawn")

    def __init__(self, figures):
        """By class: AP at 0.5, objects and those found; over all: mAP at 0.5, COCO's mAP, mean IoU
        of boxes found; and AP at 0.5 by class for every draw of clips."""
        for field in self.FIELDS:
            setattr(self, field, np.asarray(figures[field]))

    @classmethod
    def of(cls, truths, detections, clips, kinds, draws=400, seed=1):
        count = int(max(clips)) + 1
        matches = [Matches(kind, truths, detections, clips, count) for kind in range(kinds)]
        ones = np.ones(count)
        every = np.array([m.average_precision(ones, len(THRESHOLDS)) for m in matches])
        random = np.random.default_rng(seed)
        drawn = np.array([
            [m.average_precision(np.bincount(pick, minlength=count), 1)[0] for m in matches]
            for pick in random.integers(0, count, (draws, count))])
        return cls({
            "by_class": every[:, 0], "at_half": np.nanmean(every[:, 0]), "coco": np.nanmean(every),
            "overlap": np.mean(np.concatenate([np.zeros(0), *(m.overlaps for m in matches)])),
            "right": [int(m.hits[0].sum()) for m in matches],
            "objects": [int(m.objects.sum()) for m in matches], "drawn": drawn})


def interval(values):
    return [float(bound) for bound in np.nanpercentile(values, [2.5, 97.5])]


def summary(scored):
    """The figures as plain numbers: all classes, then the faults (all but the first class)."""
    faults = scored.by_class[1:]
    return {
        "map50": float(scored.at_half), "map50_interval": interval(np.nanmean(scored.drawn, 1)),
        "map": float(scored.coco),
        "faults50": float(np.nanmean(faults)),
        "faults50_interval": interval(np.nanmean(scored.drawn[:, 1:], 1)),
        "classes50": [float(value) for value in scored.by_class],
        "classes50_interval": [interval(column) for column in scored.drawn.T],
        "objects": scored.objects.tolist(), "right": scored.right.tolist(),
        "mean_iou": float(scored.overlap),
    }


def difference(first, second):
    """First less second on the same pictures and the same draws of clips."""
    def of(part):
        drawn = np.nanmean(first.drawn[:, part], 1) - np.nanmean(second.drawn[:, part], 1)
        value = np.nanmean(first.by_class[part]) - np.nanmean(second.by_class[part])
        low, high = interval(drawn)
        return {"difference": float(value), "lower": low, "upper": high}
    return {"all": of(slice(None)), "faults": of(slice(1, None))}


def write_coco(folder, truths, detections, clips, names):
    """truth.json and found.json, as `preflash evaluate boxes` and pycocotools read them."""
    truth = {"images": [], "annotations": [],
             "categories": [{"id": i, "name": name} for i, name in enumerate(names)]}
    found = []
    for image, ((boxes, classes), (at, kinds, scores), clip) in enumerate(
            zip(truths, detections, clips)):
        truth["images"].append(
            {"id": image, "width": 320, "height": 240, "video_id": int(clip),
             "file_name": f"{image}.jpg"})
        for box, kind in zip(boxes.tolist(), classes.tolist()):
            truth["annotations"].append(
                {"id": len(truth["annotations"]) + 1, "image_id": image, "category_id": kind,
                 "bbox": box, "area": box[2] * box[3], "iscrowd": 0})
        found += [{"image_id": image, "category_id": kind, "bbox": box, "score": score}
                  for box, kind, score in zip(at.tolist(), kinds.tolist(), scores.tolist())]
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "found.json").write_text(json.dumps(found))
