import Uplink
import VirtualTime

/// Boxes without a link.
extension CascadeClient {
  func isCutOff(_ station: Int32, _ now: Int64) -> Bool {
    !boxes[Int(station)].hasCarrier || now < boxes[Int(station)].suspectUntil
  }

  mutating func carrierChanged(
    isThere: Bool, station: Int32, at now: Instant, into effects: inout [ClientEffect]
  ) {
    boxes[Int(station)].hasCarrier = isThere
    guard plan.queue != nil else { return }
    if isThere {
      backAgain(station, now.nanoseconds)
      sendBatch(station, now.nanoseconds, &effects)
    } else {
      loseLink(station, now.nanoseconds)
    }
  }

  mutating func loseLink(_ station: Int32, _ now: Int64) {
    guard !boxes[Int(station)].isCutOff else { return }
    boxes[Int(station)].isCutOff = true
    raise(.linkLost, station, now)
  }

  /// A request could not be sent.
  mutating func cutOff(_ station: Int32, _ now: Int64) {
    boxes[Int(station)].suspectUntil = now + (plan.queue?.probeInterval.nanoseconds ?? 0)
    loseLink(station, now)
  }

  /// Something has gone through.
  mutating func backAgain(_ station: Int32, _ now: Int64) {
    boxes[Int(station)].suspectUntil = .min
    guard boxes[Int(station)].isCutOff, boxes[Int(station)].hasCarrier else { return }
    boxes[Int(station)].isCutOff = false
    boxes[Int(station)].hasFullDisk = false
    raise(.linkBack, station, now)
  }

  /// Puts a crop on the disk, for as long as there is room; its frame has the detector's answer.
  mutating func keep(_ crop: OpenCrop, _ now: Int64, _ effects: inout [ClientEffect]) {
    let station = Int(crop.station)
    let isNew = crop.frame >= 0
    if isNew { settle(crop, .keptOffline, now) }
    expire(crop.station, now)
    guard boxes[station].disk.count + boxes[station].inBatch < plan.queue?.capacity ?? 0 else {
      if !boxes[station].hasFullDisk { raise(.queueFull, crop.station, now) }
      boxes[station].hasFullDisk = true
      return end(crop, .queueFull)
    }
    if isNew {
      tally.count(station: crop.station, at: crop.arrival) { $0.escalations.queued += 1 }
    }
    let entry = CropDisk.Entry(
      crop: crop.crop, arrival: crop.arrival, since: isNew ? now : crop.since)
    isNew ? boxes[station].disk.append(entry) : boxes[station].disk.putBack(entry)
    note(crop.station, now)
    wakeLater(crop.station, &effects)
  }

  mutating func wakeLater(_ station: Int32, _ effects: inout [ClientEffect]) {
    let box = boxes[Int(station)]
    guard !box.isWakeUpSet, box.hasCarrier, box.disk.count > 0, box.suspectUntil > .min else {
      return
    }
    boxes[Int(station)].isWakeUpSet = true
    effects.append(
      .wake(
        token: Self.firstStation + Int(station), at: Instant(nanoseconds: box.suspectUntil)))
  }

  mutating func expire(_ station: Int32, _ now: Int64) {
    guard let longest = plan.queue?.longestAge.nanoseconds else { return }
    while let first = boxes[Int(station)].disk.first, now - first.since > longest {
      _ = boxes[Int(station)].disk.removeFirst()
      end(OpenCrop(first, station), .expired)
      note(station, now)
    }
  }

  /// Sends as much of a batch as may be under way, or one crop to see whether there is a link again.
  mutating func sendBatch(
    _ station: Int32, _ now: Int64, _ effects: inout [ClientEffect]
  ) {
    guard plan.queue != nil, boxes[Int(station)].disk.count > 0 else { return }
    guard !isCutOff(station, now) else { return wakeLater(station, &effects) }
    expire(station, now)
    if isRefusedByCeiling(at: now), let ceiling = plan.ceiling {
      // It waits for the next period, as far as its age allows.
      guard !boxes[Int(station)].isWakeUpSet, boxes[Int(station)].disk.count > 0 else { return }
      boxes[Int(station)].isWakeUpSet = true
      effects.append(
        .wake(
          token: Self.firstStation + Int(station),
          at: Instant(nanoseconds: (period + 1) * ceiling.every.nanoseconds)))
      return
    }
    let most = boxes[Int(station)].isCutOff ? 1 : batch
    while boxes[Int(station)].inBatch < most, let entry = boxes[Int(station)].disk.removeFirst() {
      boxes[Int(station)].inBatch += 1
      make(OpenCrop(entry, station), now, &effects)
    }
    note(station, now)
  }

  /// Writes down how deep the disk is, or was since it was last written down.
  mutating func note(_ station: Int32, _ now: Int64) {
    let depth = Int32(boxes[Int(station)].disk.count)
    boxes[Int(station)].note(depth, in: tally.moment(of: now))
  }

  /// Ends what is on disks when everything ends.
  mutating func finish(at end: Instant) {
    for station in boxes.indices {
      expire(Int32(station), end.nanoseconds)
      if boxes[station].lastDepth > 0 {
        boxes[station].note(Int32(boxes[station].disk.count), in: tally.moments.count - 1)
      }
      while let entry = boxes[station].disk.removeFirst() {
        self.end(OpenCrop(entry, Int32(station)), .stillQueued)
      }
      for (moment, depth) in boxes[station].depths.enumerated() {
        tally.moments[moment].deepestQueue += Int(depth)
      }
    }
    precondition(frames.count == 0 && crops.count == 0, "everything has ended by now")
  }
}

extension CascadeClient.Box {
  /// A disk stays as deep as it was until something is noted.
  fileprivate mutating func note(_ depth: Int32, in moment: Int) {
    if depths.count <= moment {
      let before = lastDepth
      depths.append(contentsOf: repeatElement(before, count: moment + 1 - depths.count))
    }
    depths[moment] = max(depths[moment], depth)
    lastDepth = depth
  }
}

extension CascadeClient.OpenCrop {
  /// One of a batch.
  fileprivate init(_ entry: CropDisk.Entry, _ station: Int32) {
    self.init(
      crop: entry.crop, station: station, arrival: entry.arrival, answered: entry.arrival,
      frame: -1, since: entry.since)
  }
}
