#if NIO
internal import GRPCWeb
internal import HTTPTypes
internal import NIOCore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// The `date` field of the responses that leave on one event loop (RFC 9110, section 6.6.1), made once a
/// second.
@available(GRPCWeb 1.0, *)
final class DateCache: Sendable {
  private struct Entry {
    var second: Int
    var field: HTTPField
  }

  private let entry: NIOLoopBoundBox<Entry?>

  /// Creates the cache of an event loop, on which it is to be used.
  init(eventLoop: any EventLoop) {
    self.entry = NIOLoopBoundBox(nil, eventLoop: eventLoop)
  }

  /// The field for a response that is made now.
  var field: HTTPField {
    let second = time(nil)
    if let entry = self.entry.value, entry.second == second {
      return entry.field
    }
    let date = HTTPDate.encode(secondsSince1970: Int64(second))
    let field = HTTPField(name: .date, value: date)
    self.entry.value = Entry(second: second, field: field)
    return field
  }
}
#endif
