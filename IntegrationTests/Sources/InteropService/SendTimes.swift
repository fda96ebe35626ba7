import Foundation
import GRPCCore

/// When the messages of a response were sent, so that a client on the same machine can tell how long each
/// took.
///
/// gRPC's tests want zeros in the payloads, so that the times come in the trailing metadata.
struct SendTimes: Sendable {
  private static let key = "interop-send-times"

  private var milliseconds: [Int] = []

  /// Takes the time for the next message.
  mutating func add() {
    self.milliseconds.append(Int(Date().timeIntervalSince1970 * 1000))
  }

  /// The metadata with the times in milliseconds since 1970, separated by commas.
  func adding(to metadata: Metadata) -> Metadata {
    guard !self.milliseconds.isEmpty else { return metadata }
    var metadata = metadata
    let times = self.milliseconds.map(String.init).joined(separator: ",")
    metadata.addString(times, forKey: Self.key)
    return metadata
  }
}
