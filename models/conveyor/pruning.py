"""Pruning: weights to zero, or whole channels with everything that depends on them.

A channel of one node's output may be the same channel of others: an addition ties its inputs and
its output together, pooling and activation pass channels on, a concatenation lines its inputs up.
Channels so tied are removed together, from every convolution that writes or reads them.
"""

import numpy as np

from network import OUTPUTS, channels_of, with_channels, work

LEAST_CHANNELS = 4


def rising(share, step, steps):
    """How much of a share is pruned at a step: fast at first, all from `steps` on.

    Zhu and Gupta, "To prune, or not to prune" (2017): 1 less the cube of what is left.
    """
    return share * (1 - (1 - min(step / steps, 1)) ** 3)


def unstructured(parameters, share):
    """The smallest weights of all convolutions but the outputs' set to zero, biases kept."""
    names = [name for name in parameters if name not in OUTPUTS]
    sizes = np.abs(np.concatenate([parameters[name][0].ravel() for name in names]))
    total = sum(weights.size for weights, _ in parameters.values())
    limit = np.sort(sizes)[int(round(share * total))]
    found = dict(parameters)
    for name in names:
        weights, bias = parameters[name]
        found[name] = (np.where(np.abs(weights) < limit, 0, weights).astype(np.float32), bias)
    return found


class Dependencies:
    """Which channels go together: `places[name][channel]` is the group of an output's channel."""

    def __init__(self, nodes, inputs):
        self.nodes, self.inputs = nodes, inputs
        self.parents = []
        self.places = {"input": self._fresh(inputs)}
        channels = channels_of(nodes, inputs)
        for node in nodes:
            sources = [self.places[source] for source in node.inputs]
            if node.kind == "convolution":
                self.places[node.name] = self._fresh(channels[node.name])
            elif node.kind == "concatenation":
                self.places[node.name] = [place for source in sources for place in source]
            else:
                for other in sources[1:]:
                    for a, b in zip(sources[0], other):
                        self.parents[self._root(a)] = self._root(b)
                self.places[node.name] = list(sources[0])
        self.places = {name: np.array([self._root(place) for place in places])
                       for name, places in self.places.items()}

    def _fresh(self, count):
        start = len(self.parents)
        self.parents += range(start, start + count)
        return list(range(start, start + count))

    def _root(self, place):
        while self.parents[place] != place:
            place = self.parents[place]
        return place

    @property
    def fixed(self):
        """Groups that nobody may remove: the input's channels and the outputs'."""
        return {place for name in ("input", *OUTPUTS) for place in self.places[name].tolist()}

    def layers(self):
        """Convolutions whose channels are tied, as lists of names: one list a set of groups."""
        found = {}
        for node in self.nodes:
            if node.kind == "convolution":
                found.setdefault(tuple(sorted(self.places[node.name])), []).append(node.name)
        return found

    def importance(self, parameters):
        """Norm of all weights that write or read a group, each layer's mean being 1."""
        found = {}
        for node in self.nodes:
            if node.kind != "convolution":
                continue
            weights = parameters[node.name][0].astype(np.float64)
            for places, axes in ((self.places[node.name], (0, 1, 2)),
                                 (self.places[node.inputs[0]], (0, 1, 3))):
                norms = np.sqrt((weights ** 2).sum(axes))
                for place, norm in zip(places.tolist(), norms / norms.mean()):
                    found.setdefault(place, []).append(norm)
        return {place: float(np.mean(norms)) for place, norms in found.items()}

    def without(self, parameters, removed):
        """The parameters that are left when groups go."""
        found = {}
        for node in self.nodes:
            if node.kind == "convolution":
                weights, bias = parameters[node.name]
                kept = ~np.isin(self.places[node.name], list(removed))
                read = ~np.isin(self.places[node.inputs[0]], list(removed))
                found[node.name] = (np.ascontiguousarray(weights[:, :, read][..., kept]), bias[kept])
        return found


def structured(nodes, parameters, inputs, share):
    """(nodes, parameters) with at least that share of multiply-accumulates gone, least weighty first."""
    ties = Dependencies(nodes, inputs)
    scores = ties.importance(parameters)
    layer_of = {place: places for places in ties.layers() for place in places}
    left = {places: len(places) for places in ties.layers()}
    wanted = work(nodes, parameters)[0] * (1 - share)
    removed = set()
    for place in sorted(set(layer_of) - ties.fixed, key=lambda place: (scores[place], place)):
        if left[layer_of[place]] <= LEAST_CHANNELS:
            continue
        removed.add(place)
        left[layer_of[place]] -= 1
        kept = ties.without(parameters, removed)
        if work(nodes, kept)[0] <= wanted:
            break
    return with_channels(nodes, kept), kept
