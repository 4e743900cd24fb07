"""What a detector should answer, how wrong it is, and its answer as boxes.

Boxes are (left, top, width, height) in pixels of the 320×240 picture, as in label files.
"""

import numpy as np
import tensorflow as tf

from network import CLASSES, GRID, STRIDE

# Pixels of the picture for one of the network's.
DOWNSAMPLE = 2
CELL = STRIDE * DOWNSAMPLE
SCORE_THRESHOLD = 0.1
OVERLAP = 0.5
MOST_BOXES = 16
# Cells within this share of a box's sides around its middle should see it; those further out, but
# still in the box, are not asked.
CORE = 0.55

CENTRES_X = (np.arange(GRID[1]) + 0.5) * CELL
CENTRES_Y = (np.arange(GRID[0]) + 0.5) * CELL


def targets(boxes, classes):
    """Class of every cell (-1 nothing, -2 not asked), and distances to its box's sides in cells."""
    label = np.full(GRID, -1, np.int8)
    sides = np.zeros((*GRID, 4), np.float32)
    x, y = CENTRES_X[None, :], CENTRES_Y[:, None]
    # The largest first, so that a smaller one before it keeps its cells.
    for index in np.argsort(-boxes[:, 2] * boxes[:, 3], kind="stable"):
        left, top, width, height = boxes[index]
        across, down = left + width / 2, top + height / 2
        inside = (x >= left) & (x < left + width) & (y >= top) & (y < top + height)
        core = (abs(x - across) <= CORE * width / 2) & (abs(y - down) <= CORE * height / 2)
        nearest = (min(int(down // CELL), GRID[0] - 1), min(int(across // CELL), GRID[1] - 1))
        core[nearest] = True
        label[inside & ~core] = -2
        label[core] = classes[index]
        distances = np.stack(np.broadcast_arrays(
            x - left, y - top, left + width - x, top + height - y), 2) / CELL
        sides[core] = np.maximum(distances, 0)[core]
    return label, sides


def loss_of(scores, boxes, labels, sides):
    """Cross entropy of every class on every cell asked, and 1 - GIoU of the boxes, per seen cell."""
    labels = tf.cast(labels, tf.int32)
    seen = tf.cast(labels >= 0, tf.float32)
    wanted = tf.one_hot(labels, len(CLASSES))  # of negative labels: zeros
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(wanted, scores)
    entropy = tf.reduce_sum(entropy * tf.cast(labels != -2, tf.float32)[..., None])
    return (entropy + 2 * tf.reduce_sum((1 - overlap_of(boxes, sides)) * seen)) / (
        tf.reduce_sum(seen) + 1)


def overlap_of(found, wanted):
    """Generalized IoU of boxes around the same centres."""
    smaller, larger = tf.minimum(found, wanted), tf.maximum(found, wanted)
    inner = (smaller[..., 0] + smaller[..., 2]) * (smaller[..., 1] + smaller[..., 3])
    outer = (larger[..., 0] + larger[..., 2]) * (larger[..., 1] + larger[..., 3])
    area = sum((part[..., 0] + part[..., 2]) * (part[..., 1] + part[..., 3])
               for part in (found, wanted))
    union = area - inner + 1e-6
    return inner / union - (outer - union) / (outer + 1e-6)


def decoded(scores, boxes):
    """Detections of one picture: (boxes [n, 4], classes [n], scores [n]), the best first."""
    best = scores.reshape(-1, len(CLASSES)).max(1)
    score = 1 / (1 + np.exp(-best.astype(np.float64)))
    kept = np.flatnonzero(score >= SCORE_THRESHOLD)
    kept = kept[np.argsort(-score[kept], kind="stable")]
    kinds = scores.reshape(-1, len(CLASSES)).argmax(1)
    sides = boxes.reshape(-1, 4).astype(np.float64) * CELL
    x, y = np.tile(CENTRES_X, GRID[0]), np.repeat(CENTRES_Y, GRID[1])
    corners = np.stack([x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]], 1)
    corners = np.clip(corners, 0, [GRID[1] * CELL, GRID[0] * CELL] * 2)
    chosen = []
    for cell in kept:
        if len(chosen) == MOST_BOXES:
            break
        if not chosen or overlaps(corners[cell], corners[chosen]).max() <= OVERLAP:
            chosen.append(cell)
    found = corners[chosen].reshape(-1, 4)
    found[:, 2:] -= found[:, :2]
    return found, kinds[chosen], score[chosen]


def overlaps(corners, others):
    """IoU of one box with others, all as (left, top, right, bottom)."""
    width = np.minimum(corners[2], others[:, 2]) - np.maximum(corners[0], others[:, 0])
    height = np.minimum(corners[3], others[:, 3]) - np.maximum(corners[1], others[:, 1])
    inner = np.maximum(width, 0) * np.maximum(height, 0)
    area = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    own = (corners[2] - corners[0]) * (corners[3] - corners[1])
    return inner / np.maximum(own + area - inner, 1e-9)
