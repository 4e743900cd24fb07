import Bytes
import Events
import Glibc
import Metrics
import TestSupport
import Testing

/// Judged by pycocotools in the same run, on data that nobody chose.
@Suite("Detections judged by pycocotools")
struct COCOPeerTests {
  private static let python =
    getenv("PREFLASH_PYTHON") == nil ? nil : Python(with: ["pycocotools", "numpy"])

  /// Writes truth and detections with crowds, equal scores and overlaps, empty images, classes without
  /// objects or detections and sizes at the limits; prints the twelve figures of each.
  private static let program = """
    import contextlib, io, json, sys
    import numpy as np
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    folder, count = sys.argv[1], int(sys.argv[2])
    for number in range(count):
        rng = np.random.default_rng(number)
        images = int(rng.integers(1, 40)); classes = int(rng.integers(1, 12))
        steps = [1, 2, 8, 16][number % 4]
        def box():
            side = rng.choice([16, 32, 33, 96, 97, 200]) if rng.random() < .5 else rng.integers(1, 300)
            other = side if rng.random() < .4 else rng.integers(1, 300)
            return [float(v) for v in (rng.integers(0, 640), rng.integers(0, 480), side, other)]
        truth, found = [], []
        for image in range(1, images + 1):
            for _ in range(rng.integers(0, 9) if rng.random() < .8 else 0):
                b = box(); c = int(rng.integers(1, classes + 1))
                area = b[2] * b[3] * (1 if rng.random() < .7 else float(rng.uniform(.3, 1)))
                truth.append(dict(id=len(truth) + 1, image_id=image, category_id=c * 3, bbox=b,
                    area=area, iscrowd=int(rng.random() < .15)))
                for _ in range(rng.integers(0, 4)):
                    d = [v + float(s) for v, s in zip(b, rng.integers(-3 * steps, 3 * steps + 1, 4))]
                    d[2], d[3] = max(1., d[2]), max(1., d[3])
                    if rng.random() < .2: d = list(b)
                    found.append(dict(image_id=image, bbox=d,
                        category_id=(c if rng.random() < .9 else int(rng.integers(1, classes + 3))) * 3,
                        score=float(rng.integers(0, 12)) / 12))
            for _ in range(rng.integers(0, 4) if rng.random() < .95 else 130):
                found.append(dict(image_id=image, bbox=box(), score=float(rng.random()),
                    category_id=3 * int(rng.integers(1, classes + 1))))
        order = rng.permutation(len(found))
        found = [found[i] for i in order]
        if not found: found = [dict(image_id=1, bbox=[0., 0., 9., 9.], category_id=3, score=.5)]
        data = dict(images=[dict(id=i) for i in range(images, 0, -1)], annotations=truth,
            categories=[dict(id=3 * c, name=str(c)) for c in range(1, classes + 1)])
        json.dump(data, open(f"{folder}/{number}-truth.json", "w"))
        json.dump(found, open(f"{folder}/{number}-found.json", "w"))
        with contextlib.redirect_stdout(io.StringIO()):
            gt = COCO(f"{folder}/{number}-truth.json")
            e = COCOeval(gt, gt.loadRes(f"{folder}/{number}-found.json"), "bbox")
            e.evaluate(); e.accumulate(); e.summarize()
        print(*[repr(float(v)) for v in e.stats])
    """

  @Test(
    "All twelve figures are equal on random truths with crowds, ties, empty images and classes",
    .enabled(if: python != nil, "needs PREFLASH_PYTHON with pycocotools"))
  func random() throws {
    let count = SharedData.runsSlowTests ? 400 : 40
    try Folder.temporary { folder in
      let python = try #require(Self.python)
      let lines = try python.run(Self.program, [folder.path, "\(count)"]).split(separator: "\n")
      #expect(lines.count == count)
      for (number, line) in lines.enumerated() {
        let images = try MarkedImages(
          coco: folder.bytes("\(number)-truth.json"), name: "truth")
        let found = try images.detections(
          coco: folder.bytes("\(number)-found.json"), name: "found")
        let summary = DetectionMatches(
          images.truth, found.boxes, imageCount: images.imageCount,
          categoryCount: images.categories.count
        ).summary()
        for (figure, text) in zip(DetectionFigure.allCases, line.split(separator: " ")) {
          let expected = try #require(Double(text))
          let value = summary.overall[figure] ?? -1
          #expect(abs(value - expected) < 1e-9, "data set \(number): \(figure.title)")
        }
      }
    }
  }
}
