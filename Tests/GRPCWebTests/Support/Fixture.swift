import HTTPTypes
import Testing

/// Inputs built by hand, without the code under test.
enum Fixture {
  /// A frame: flags, length, payload.
  static func frame(flags: UInt8 = 0, _ payload: [UInt8]) -> [UInt8] {
    Self.header(flags: flags, length: UInt32(payload.count)) + payload
  }

  /// The five bytes before a payload.
  static func header(flags: UInt8 = 0, length: UInt32) -> [UInt8] {
    [
      flags,
      UInt8(truncatingIfNeeded: length >> 24),
      UInt8(truncatingIfNeeded: length >> 16),
      UInt8(truncatingIfNeeded: length >> 8),
      UInt8(truncatingIfNeeded: length),
    ]
  }

  /// A trailers frame of the given lines, each with its line end.
  static func trailers(_ lines: String...) -> [UInt8] {
    Self.frame(flags: 0x80, Array(lines.map { $0 + "\r\n" }.joined().utf8))
  }

  /// HTTP fields, in order.
  static func fields(_ pairs: [(name: String, value: String)]) throws -> HTTPFields {
    var fields = HTTPFields()
    for pair in pairs {
      fields.append(HTTPField(name: try #require(HTTPField.Name(pair.name)), value: pair.value))
    }
    return fields
  }

  /// Base64 with padding, written for clarity and unlike the code under test.
  static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    var bits = bytes.flatMap { byte in (0 ..< 8).map { byte >> (7 - $0) & 1 } }
    while bits.count % 6 != 0 {
      bits.append(0)
    }
    var characters = stride(from: 0, to: bits.count, by: 6).map { start in
      alphabet[bits[start ..< start + 6].reduce(0) { $0 * 2 + Int($1) }]
    }
    while characters.count % 4 != 0 {
      characters.append(UInt8(ascii: "="))
    }
    return characters
  }
}
