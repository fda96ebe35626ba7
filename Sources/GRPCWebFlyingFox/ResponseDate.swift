#if FlyingFox
internal import Foundation
internal import GRPCWeb
internal import Synchronization

/// The `date` of responses (RFC 9110, section 6.6.1), made once a second.
@available(GRPCWeb 1.0, *)
final class ResponseDate: Sendable {
  /// The one that all responses take it from.
  static let shared = ResponseDate()

  private let made = Mutex<(second: Int64, text: String)>((-1, ""))

  /// The time, as the value of a `date` header.
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
