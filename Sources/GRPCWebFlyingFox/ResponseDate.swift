#if FlyingFox
internal import Foundation
internal import GRPCWeb
internal import Synchronization

/// The value of the `date` header of responses (RFC 9110, section 6.6.1), formatted once a second.
@available(GRPCWeb 1.0, *)
final class ResponseDate: Sendable {
  /// The value shared by all responses in the process.
  static let shared = ResponseDate()

  private let made = Mutex<(second: Int64, text: String)>((-1, ""))

  /// The current time, as the value of a `date` header.
  func now() -> String {
    let second = Int64(Date().timeIntervalSince1970)
    return self.made.withLock { made in
      if made.second != second {
        made = (second, HTTPDate.encode(secondsSince1970: second))
      }
      return made.text
    }
  }
}
#endif
