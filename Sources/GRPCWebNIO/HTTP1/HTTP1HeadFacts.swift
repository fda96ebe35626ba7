#if NIO
internal import GRPCWeb
internal import NIOHTTP1

/// A fault of a head for which a server must refuse the request.
enum HTTP1RequestError: Error, Hashable {
  /// The head has no `host`, or more than one, or one that isn't a host and a port (RFC 9112, section 3.2).
  case invalidHost
  /// An HTTP/1.0 request has a `transfer-encoding`, so that its end is uncertain (RFC 9112, section 6.1).
  case transferEncodingInHTTP1_0
}

/// What the fields of a head say about HTTP/1.1 itself.
struct HTTP1HeadFacts: Hashable {
  /// The value of the first `host`.
  private(set) var host: String?
  private var hostCount = 0
  private var hasTransferEncoding = false

  /// Whether the client offers to speak another protocol.
  private(set) var offersUpgrade = false

  /// Creates the facts of a head without fields.
  init() {}

  /// Creates the facts of a head.
  init(_ headers: HTTPHeaders) {
    for (name, value) in headers {
      self.note(name, value)
    }
  }

  /// Notes a field; for a caller that goes through the fields of a head anyway.
  mutating func note(_ name: String, _ value: String) {
    switch name.utf8.count {
    case 4 where name.equalsASCII("host"):
      self.host = self.host ?? value
      self.hostCount += 1
    case 7 where name.equalsASCII("upgrade"):
      self.offersUpgrade = true
    case 17 where name.equalsASCII("transfer-encoding"):
      self.hasTransferEncoding = true
    default:
      break
    }
  }

  /// Checks what SwiftNIO's parser leaves to others.
  ///
  /// - Throws: An `HTTP1RequestError` for a head that a server must refuse.
  func validate(version: HTTPVersion) throws(HTTP1RequestError) {
    if let host = self.host {
      guard self.hostCount == 1, Self.isHost(host) else { throw .invalidHost }
    } else if !version.isBefore1_1 {
      throw .invalidHost
    }
    if self.hasTransferEncoding && version.isBefore1_1 {
      throw .transferEncodingInHTTP1_0
    }
  }

  /// Returns whether a value is a host and perhaps a port (RFC 3986, section 3.2).
  static func isHost(_ value: String) -> Bool {
    var rest = Substring(value).utf8
    if rest.first == UInt8(ascii: "[") {
      guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
      let address = rest[..<end].dropFirst()
      guard !address.isEmpty, address.allSatisfy(Self.isInIPLiteral) else { return false }
      rest = rest[rest.index(after: end)...]
    } else {
      rest = rest.drop(while: Self.isInName)
    }
    guard let colon = rest.popFirst() else { return true }
    return colon == UInt8(ascii: ":") && rest.allSatisfy(Self.isDigit)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains(byte)
  }

  private static func isInIPLiteral(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ":") || Self.isInName(byte)
  }

  /// Returns whether a byte may stand in a name: "unreserved", "sub-delims", or part of an escape.
  private static func isInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a") ... UInt8(ascii: "z"), UInt8(ascii: "A") ... UInt8(ascii: "Z"),
      UInt8(ascii: "0") ... UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
      UInt8(ascii: "%"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"),
      UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
      UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="):
      return true
    default:
      return false
    }
  }
}
#endif
