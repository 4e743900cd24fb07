"""The detector as a graph of few kinds of nodes: run, count, and export it from one description.

Frames or counts go in as [n, 120, 160, channels]; out come logits of the five classes and the
distances of a box's sides from each cell's centre, both on the grid of 15×20 cells of 8×8 pixels.
Parameters are a dictionary: (weights [height, width, in, out], bias [out]) of each convolution.
"""

import collections

import numpy as np
import tensorflow as tf

HEIGHT, WIDTH = 120, 160
STRIDE = 8
GRID = (HEIGHT // STRIDE, WIDTH // STRIDE)
CLASSES = ["ok", "scratch", "dent", "missing label", "tear"]
OUTPUTS = ("scores", "boxes")

Node = collections.namedtuple("Node", "name kind inputs channels kernel stride relu")


def convolution(name, source, channels, kernel=3, stride=1, relu=True):
    return Node(name, "convolution", (source,), channels, kernel, stride, relu)


def addition(name, *sources):
    return Node(name, "addition", sources, None, None, 1, True)


def residual(name, source, channels, inner=None):
    """Two convolutions around which the source passes."""
    return [convolution(f"{name}.1", source, inner or channels),
            convolution(f"{name}.2", f"{name}.1", channels, relu=False),
            addition(name, source, f"{name}.2")]


def detector(width=24):
    """Nodes in the order of their run; the input is called `input`. `width` channels at stride 4."""
    return [
        convolution("stem", "input", 16, stride=2),
        convolution("early", "stem", width, stride=2),
        *residual("fine", "early", width, 2 * width // 3),
        convolution("down", "fine", 2 * width, stride=2),
        *residual("coarse", "down", 2 * width),
        *residual("deep", "coarse", 2 * width),
        Node("pooled", "pool", ("fine",), None, 2, 2, False),
        convolution("lateral", "pooled", width, 1),
        Node("joined", "concatenation", ("coarse", "deep", "lateral"), None, None, 1, False),
        convolution("mix", "joined", 2 * width, 1),
        convolution("head", "mix", 2 * width),
        convolution("scores", "head", len(CLASSES), 1, relu=False),
        convolution("boxes", "head", 4, 1),
    ]


def channels_of(nodes, inputs):
    """Channels of every node's output, by name."""
    found = {"input": inputs}
    for node in nodes:
        if node.kind == "convolution":
            found[node.name] = node.channels
        elif node.kind == "concatenation":
            found[node.name] = sum(found[source] for source in node.inputs)
        else:
            found[node.name] = found[node.inputs[0]]
    return found


def with_channels(nodes, parameters):
    """The nodes with as many channels as the parameters have."""
    return [node._replace(channels=parameters[node.name][0].shape[3])
            if node.kind == "convolution" else node for node in nodes]


def sizes(nodes):
    """(height, width) of every node's output."""
    found = {"input": (HEIGHT, WIDTH)}
    for node in nodes:
        height, width = found[node.inputs[0]]
        found[node.name] = (-(-height // node.stride), -(-width // node.stride))
    return found


def initial(nodes, inputs, seed):
    """He-normal weights, biases of 0; boxes begin one cell wide to each side, scores near 3 %."""
    random = np.random.default_rng(seed)
    channels, found = channels_of(nodes, inputs), {}
    for node in nodes:
        if node.kind != "convolution":
            continue
        shape = (node.kernel, node.kernel, channels[node.inputs[0]], node.channels)
        deviation = np.sqrt(2 / np.prod(shape[:3]))
        bias = np.full(node.channels, {"scores": -3.5, "boxes": 1.5}.get(node.name, 0))
        if node.name in OUTPUTS:
            deviation = 0.01
        found[node.name] = (random.normal(0, deviation, shape).astype(np.float32),
                            bias.astype(np.float32))
    return found


def forward(nodes, parameters, x, weigh=lambda weights: weights, see=lambda name, x: x,
            normalize=None):
    """(scores, boxes); `weigh` is applied to weights, `see` to each activation and the input.

    `normalize(name, x)`, where there is one, stands for batch normalization before the bias.
    """
    values = {"input": see("input", x)}
    for node in nodes:
        sources = [values[source] for source in node.inputs]
        if node.kind == "convolution":
            weights, bias = parameters[node.name]
            x = tf.nn.conv2d(sources[0], weigh(weights), node.stride, "SAME")
            if normalize is not None and node.name not in OUTPUTS:
                x = normalize(node.name, x)
            x = tf.nn.bias_add(x, bias)
        elif node.kind == "addition":
            x = sources[0] + sources[1]
        elif node.kind == "pool":
            x = tf.nn.max_pool2d(sources[0], node.kernel, node.stride, "SAME")
        else:
            x = tf.concat(sources, 3)
        values[node.name] = see(node.name, tf.nn.relu(x) if node.relu else x)
    return tuple(values[name] for name in OUTPUTS)


def work(nodes, parameters):
    """Multiply-accumulates for one picture, and parameters; zeros count like any other."""
    area = {name: height * width for name, (height, width) in sizes(nodes).items()}
    return (int(sum(area[name] * weights.size for name, (weights, _) in parameters.items())),
            int(sum(weights.size + bias.size for weights, bias in parameters.values())))
