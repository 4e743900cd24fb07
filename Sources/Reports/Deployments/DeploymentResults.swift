import Boards
package import Bytes
package import EdgeBox
import Uplink
import VirtualTime

/// What rehearsals of published deployments came to: what `docs/deployments.json` holds.
package struct DeploymentResults: Sendable, Equatable, Decodable {
  package struct Figure: Sendable, Equatable, Decodable {
    package var name: String
    package var value: Double
  }

  /// Something that happened, and the minutes of a station without an answer meanwhile, as a mean.
  package struct Struck: Sendable, Equatable, Decodable {
    package var title: String
    package var minutes: Double
  }

  package struct Run: Sendable, Equatable, Decodable {
    package var name: String
    package var storyboard: String
    /// What was rehearsed: box, model, link, gateway.
    package var setting: String
    package var figures: [Figure]
    package var struck: [Struck]
    /// Figures of the first hour with nothing going wrong: enough to see that neither the storyboard nor
    /// the program is another by now.
    package var firstHour: [Figure]

    package init(
      name: String, storyboard: String, setting: String, figures: [Figure], struck: [Struck],
      firstHour: [Figure]
    ) {
      self.name = name
      self.storyboard = storyboard
      self.setting = setting
      self.figures = figures
      self.struck = struck
      self.firstHour = firstHour
    }

    package subscript(figure: String) -> Double? { figures.first { $0.name == figure }?.value }
  }

  package var runs: [Run]

  package init(runs: [Run]) { self.runs = runs }

  /// - Throws: `InputError` with the line of what is missing or malformed.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    do throws(InputError) {
      self = try ConfigurationFile.decode(Self.self, bytes: bytes, file: file)
    } catch {
      throw ConfigurationFile.withLine(error, in: bytes)
    }
  }

  package subscript(run: String) -> Run? { runs.first { $0.name == run } }

  /// Every figure that an outcome has, rounded as it is written.
  package static func figures(of outcome: CascadeOutcome) -> [Figure] {
    StoryboardFigure.names.compactMap { name, unit in
      outcome.value(of: StoryboardFigure(name: name, unit: unit)).flatMap { value in
        Double(value.fixed(places)).map { Figure(name: name, value: $0) }
      }
    }
  }

  package static func struck(
    _ incidents: [Storyboard.Happening], _ outcome: CascadeOutcome
  ) -> [Struck] {
    incidents.map { incident in
      let minutes = outcome.outages.minutes(
        of: incident.stations.isEmpty ? nil : incident.stations,
        from: incident.start.nanoseconds, to: incident.end.nanoseconds)
      let mean = Double(minutes) / Double(max(1, outcome.stations.count))
      return Struck(title: incident.title, minutes: Double(mean.fixed(places)) ?? mean)
    }
  }

  private static let places = 6

  package var json: JSONValue {
    ["runs": .array(runs.map(Self.json))]
  }

  private static func json(_ run: Run) -> JSONValue {
    [
      "name": .string(run.name), "storyboard": .string(run.storyboard),
      "setting": .string(run.setting), "figures": json(run.figures),
      "struck": .array(
        run.struck.map {
          ["title": .string($0.title), "minutes": .decimal($0.minutes, places: places)]
        }),
      "firstHour": json(run.firstHour),
    ]
  }

  private static func json(_ figures: [Figure]) -> JSONValue {
    .array(
      figures.map { ["name": .string($0.name), "value": .decimal($0.value, places: places)] })
  }
}
