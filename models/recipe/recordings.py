"""Event recordings as arrays: times (µs), columns, rows and polarities (1 is ON), in file order."""

import numpy as np


def read_aedat31(path):
    """An AEDAT 3.1 file's polarity events."""
    data = path.read_bytes()
    end = b"#!END-HEADER\r\n"
    at = data.index(end) + len(end)
    addresses, times = [], []
    while at < len(data):
        kind = int.from_bytes(data[at:at + 2], "little")
        size, _, overflow, capacity = np.frombuffer(data, "<u4", 4, at + 4)
        words = np.frombuffer(data, "<u4", int(size) * int(capacity) // 4, at + 28)
        at += 28 + int(size) * int(capacity)
        if kind == 1:
            words = words.reshape(-1, 2)
            addresses.append(words[:, 0])
            times.append(words[:, 1].astype(np.int64) + (int(overflow) << 31))
    address = np.concatenate(addresses)
    return (np.concatenate(times), (address >> 17) & 0x7FFF, (address >> 2) & 0x7FFF,
            (address >> 1) & 1)


def read_bs2(path):
    """A SLAYER .bs2 or N-MNIST .bin file of sensors below 240 rows: five bytes, big-endian."""
    raw = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 5).astype(np.int64)
    times = ((raw[:, 2] & 127) << 16) | (raw[:, 3] << 8) | raw[:, 4]
    return times, raw[:, 0], raw[:, 1], raw[:, 2] >> 7


def compact(events):
    times, columns, rows, polarities = events
    return (times.astype(np.int32), columns.astype(np.int16), rows.astype(np.int16),
            polarities.astype(np.int16))


def voxels(times, columns, rows, polarities, start, length, bins, height, width, cap):
    """Counts [height, width, 2 · bins] of [start, start + length), polarity-major, capped.

    The rule that cards call window-floor: bin = min((t − start) · bins div length, bins − 1).
    """
    bin_of = np.minimum((times.astype(np.int64) - start) * bins // length, bins - 1)
    channels = 2 * bins
    index = (rows.astype(np.int64) * width + columns) * channels + polarities * bins + bin_of
    counts = np.bincount(index, minlength=height * width * channels)
    return np.minimum(counts, cap).astype(np.uint8).reshape(height, width, channels)


def window(events, start, length):
    """The events of [start, start + length); times must not step back."""
    low, high = np.searchsorted(events[0], [start, start + length])
    return tuple(part[low:high] for part in events)
