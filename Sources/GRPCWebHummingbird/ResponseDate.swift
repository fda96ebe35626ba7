internal import GRPCWeb
internal import HTTPTypes

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The `date` of responses (RFC 9110, section 6.6.1), made once a second.
@available(GRPCWeb 1.0, *)
struct ResponseDate {
  private var second: Int64 = -1
  private var field = HTTPField(name: .date, value: "")

  /// Adds the time to the head of a response that has none.
  mutating func add(to head: inout HTTPResponse) {
    // By hand: to look a name up, the fields would make an index of themselves.
    if head.headerFields.contains(where: { $0.name == .date }) { return }
    let second = Int64(Date().timeIntervalSince1970)
    if second != self.second {
      self.second = second
      self.field.value = HTTPDate.encode(secondsSince1970: second)
    }
    head.headerFields.append(self.field)
  }
}
