"""Ranges of a network's activations: observed, followed in training, and written into the file."""

import numpy as np
import tensorflow as tf

from network import HEIGHT, WIDTH, forward
from recipe.int8 import converted, fake_weights
from recipe.observers import OBSERVERS

# Of an activation's values, every so manieth is looked at; the least and the largest always.
SAMPLED = 7


def owners(nodes):
    """Whose range each activation has: a concatenation and its inputs share one, pooling adds none."""
    found = {"input": "input", **{node.name: node.name for node in nodes}}
    for node in nodes:
        if node.kind == "pool":
            found[node.name] = node.inputs[0]
        if node.kind == "concatenation":
            found |= {source: node.name for source in node.inputs}
    return found


class Ranges:
    """(least, largest) by name of the activation that owns it."""

    def __init__(self, nodes, values):
        self.nodes, self.values = nodes, values
        self.owners = owners(nodes)

    def see(self, name, x):
        low, high = self.values[self.owners[name]]
        return tf.quantization.fake_quant_with_min_max_args(x, float(low), float(high))

    def moving(self, averaging):
        return MovingRanges(self, averaging)


class MovingRanges:
    """Ranges that follow what passes, all but the input's."""

    def __init__(self, ranges, averaging):
        self.ranges, self.averaging = ranges, averaging
        self.variables = {name: tf.Variable(np.array(pair, np.float32), trainable=False)
                          for name, pair in ranges.values.items()}

    def see(self, name, x):
        owner = self.ranges.owners[name]
        bounds = self.variables[owner]
        if owner == name != "input":
            present = tf.stop_gradient(tf.stack([
                tf.minimum(tf.reduce_min(x), 0.0), tf.maximum(tf.reduce_max(x), 0.0)]))
            bounds.assign(bounds + self.averaging * (present - bounds))
        return tf.quantization.fake_quant_with_min_max_vars(
            x, tf.stop_gradient(bounds[0]), tf.stop_gradient(bounds[1]))

    def kept(self):
        return Ranges(self.ranges.nodes, {name: tuple(map(float, bounds.numpy()))
                                          for name, bounds in self.variables.items()})


def activations(nodes, parameters, pictures, batch=32):
    """A sample of every owner's values over the pictures, its least and largest among it."""
    found = {}

    def see(name, x):
        owner = owners_of[name]
        if owner == name:
            values = x.numpy().ravel()
            found.setdefault(owner, []).append(
                np.append(values[::SAMPLED], [values.min(), values.max()]))
        return x

    owners_of = owners(nodes)
    for start in range(0, len(pictures), batch):
        forward(nodes, parameters, tf.constant(pictures[start:start + batch]), see=see)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def observed(nodes, seen, observer, largest):
    """Ranges by one observer; the input's is all that can come, the outputs' are not clipped."""
    values = {}
    for name, sample in seen.items():
        how = "min/max" if name in ("scores", "boxes") else observer
        values[name] = tuple(map(float, OBSERVERS[how](sample)))
    values["input"] = (0.0, largest)
    return Ranges(nodes, values)


def clipping(ranges, seen):
    """Share of all activations beyond their range, and the largest share of one activation."""
    shares = {name: float(np.mean((sample < ranges.values[name][0])
                                  | (sample > ranges.values[name][1])))
              for name, sample in seen.items() if name != "input"}
    sizes = {name: len(sample) for name, sample in seen.items() if name != "input"}
    mean = sum(shares[name] * sizes[name] for name in shares) / sum(sizes.values())
    worst = max(shares, key=shares.get)
    return {"mean": mean, "worst": shares[worst], "worst_of": worst}


def histograms(ranges, seen, bins=16):
    """Counts of each activation before and after 8 bits, over the values' own span."""
    found = {}
    for name, sample in seen.items():
        low, high = ranges.values[name]
        step = (high - low) / 255
        after = np.clip(np.round(sample / step) * step, low, high) if step > 0 else sample * 0
        span = (float(sample.min()), float(sample.max()))
        found[name] = {
            "from": span[0], "to": span[1], "range": [low, high],
            "before": np.histogram(sample, bins, span)[0].tolist(),
            "after": np.histogram(np.clip(after, *span), bins, span)[0].tolist()}
    return found


def exported(nodes, parameters, inputs, ranges=None, size=(HEIGHT, WIDTH)):
    """A .tflite of float32, or of int8 throughout with these ranges and weights by channel."""
    constants = {name: tuple(map(tf.constant, pair)) for name, pair in parameters.items()}
    options = {} if ranges is None else {"weigh": fake_weights(True), "see": ranges.see}

    @tf.function(input_signature=[tf.TensorSpec([1, *size, inputs], tf.float32)])
    def answer(pictures):
        scores, boxes = forward(nodes, constants, pictures, **options)
        return {"scores": scores, "boxes": boxes}

    return converted(answer, ranges is not None)


class Exported:
    """A file as it answers: pictures as stored in, real scores and boxes out."""

    def __init__(self, content, unit):
        # XNNPACK rounds as the arithmetic that Preflash calls fp32-half-even.
        self.interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]
        outputs = sorted(self.interpreter.get_output_details(), key=lambda out: -out["shape"][3])
        self.outputs = outputs
        self.unit = unit

    def inputs(self, picture):
        """The picture as the file wants it, halves rounded up."""
        real = picture.astype(np.float64) * self.unit
        if self.input["dtype"] == np.float32:
            return real.astype(np.float32)[None]
        scale, zero_point = self.input["quantization"]
        # A tenth of a picture's step is below any half and above any rounding of doubles.
        steps = np.floor(real / scale + 0.5 + 1e-6) + zero_point
        return np.clip(steps, -128, 127).astype(np.int8)[None]

    def answer(self, picture):
        """(scores, boxes) [15, 20, …]."""
        self.interpreter.set_tensor(self.input["index"], self.inputs(picture))
        self.interpreter.invoke()
        found = []
        for output in self.outputs:
            values = self.interpreter.get_tensor(output["index"])[0]
            if output["dtype"] == np.int8:
                scale, zero_point = output["quantization"]
                values = (values.astype(np.float32) - zero_point) * np.float32(scale)
            found.append(values.copy())
        return tuple(found)
