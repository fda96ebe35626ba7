#if NIO
internal import GRPCWeb
internal import HTTPTypes

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
final class DateCache {
  private struct Entry {
    var second: Int
    var field: HTTPField
  }

  private var entry: Entry?

  /// The field for a response that is made now.
  var field: HTTPField {
    let second = time(nil)
    if let entry = self.entry, entry.second == second {
      return entry.field
    }
    let date = HTTPDate.encode(secondsSince1970: Int64(second))
    let field = HTTPField(name: .date, value: date)
    self.entry = Entry(second: second, field: field)
    return field
  }
}
#endif
