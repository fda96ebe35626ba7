/// A string as a dictionary key, equal to another only if both have the same bytes.
///
/// Swift's own comparison treats canonically equivalent strings as equal: the Kelvin sign, U+212A,
/// equals K. A proxy compares bytes, so a rule in the proxy for one spelling wouldn't apply to a
/// path that the server accepts in the other.
@available(GRPCWeb 1.0, *)
struct BytewiseString: Hashable, Sendable {
  private let string: String

  init(_ string: String) {
    var string = string
    string.makeContiguousUTF8()
    self.string = string
  }

  static func == (lhs: Self, rhs: Self) -> Bool {
    guard lhs.string.utf8.count == rhs.string.utf8.count else { return false }
    return lhs.withBytes { left in rhs.withBytes { right in left.elementsEqual(right) } }
  }

  func hash(into hasher: inout Hasher) {
    self.withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  private func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    if let result = self.string.utf8.withContiguousStorageIfAvailable(body) {
      return result
    }
    // The storage was made contiguous in `init`, but a copy isn't guaranteed to stay so.
    var string = self.string
    return string.withUTF8(body)
  }
}
