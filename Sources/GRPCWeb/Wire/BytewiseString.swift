/// A string that is equal to another only when both have the same bytes, as a key.
///
/// To Swift's own comparison canonically equivalent strings are equal: the Kelvin sign, U+212A, is a K. Whoever
/// compares bytes, as proxies do, would be passed by.
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
    // Contiguous since it was made, but nothing says that a copy stays so.
    var string = self.string
    return string.withUTF8(body)
  }
}
