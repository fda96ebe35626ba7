internal import NIOCore

/// An IP address, to be compared: an IPv4 address that is written as an IPv6 one is the IPv4 address.
struct IPAddress: Hashable, Sendable {
  /// The address in network order: 4 bytes, or 16.
  let bytes: [UInt8]
  /// The address in its usual form.
  let text: String

  /// Reads an address without a port; `nil` if it isn't one.
  init?(_ text: some StringProtocol) {
    // SwiftNIO also takes a zone behind an IPv6 address, and stops at a zero byte.
    guard text.utf8.allSatisfy(Self.isPartOfAddress),
      let address = try? SocketAddress(ipAddress: String(text), port: 0)
    else {
      return nil
    }
    switch address {
    case .v4(let address):
      // Behind the family and the port, on every platform.
      self.bytes = withUnsafeBytes(of: address.address) { Array($0[4 ..< 8]) }
    case .v6(let address):
      // Behind the family, the port and the flow.
      let bytes = withUnsafeBytes(of: address.address) { Array($0[8 ..< 24]) }
      let isMapped = bytes.starts(with: Self.mappedPrefix)
      self.bytes = isMapped ? Array(bytes.dropFirst(Self.mappedPrefix.count)) : bytes
    case .unixDomainSocket:
      return nil
    }
    if self.bytes.count == 4 {
      self.text = self.bytes.map { String($0) }.joined(separator: ".")
    } else {
      self.text = address.ipAddress ?? String(text)
    }
  }

  private static func isPartOfAddress(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0") ... UInt8(ascii: ":"), UInt8(ascii: "."),
      UInt8(ascii: "a") ... UInt8(ascii: "f"), UInt8(ascii: "A") ... UInt8(ascii: "F"):
      return true
    default:
      return false
    }
  }

  /// What precedes an IPv4 address in an IPv6 one (RFC 4291, section 2.5.5.2).
  private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
}

/// The addresses that have their first bits in common.
struct IPNetwork: Hashable, Sendable {
  private let address: IPAddress
  private let length: Int

  /// Reads a network, such as `10.0.0.0/8`, or a single address; `nil` if it is neither.
  init?(_ text: String) {
    let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
    guard let address = IPAddress(text[..<(slash ?? text.endIndex)]) else { return nil }
    let maximum = address.bytes.count * 8
    self.address = address
    guard let slash = slash else {
      self.length = maximum
      return
    }
    let digits = text[text.utf8.index(after: slash)...]
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains($0) }),
      let length = Int(digits), length <= maximum
    else {
      return nil
    }
    self.length = length
  }

  /// Whether an address is one of the network's.
  func contains(_ other: IPAddress) -> Bool {
    guard other.bytes.count == self.address.bytes.count else { return false }
    let (whole, rest) = self.length.quotientAndRemainder(dividingBy: 8)
    guard other.bytes.prefix(whole) == self.address.bytes.prefix(whole) else { return false }
    guard rest > 0 else { return true }
    let mask = UInt8(truncatingIfNeeded: 0xff << (8 - rest))
    return other.bytes[whole] & mask == self.address.bytes[whole] & mask
  }
}
