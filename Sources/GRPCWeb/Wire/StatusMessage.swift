extension String {
  /// The part of a peer's text that a status message quotes: enough to recognise the text, and at
  /// most 64 bytes.
  var excerpt: String {
    self.utf8.count <= 64 ? self : "\(self.prefix(maximumBytes: 64))…"
  }
}

/// The coding of `grpc-message`: UTF-8, percent-encoded outside %x20-24 and %x26-7E.
///
/// See "Status-Message" in gRPC's PROTOCOL-HTTP2 document.
enum StatusMessage {
  /// The largest message sent, in bytes as encoded: 8 KiB.
  ///
  /// Clients and proxies seldom accept more than 16 KiB of headers and trailers in all.
  static let maximumSize = 8 * 1024

  /// The largest size of the mark at the end of a message that is cut, in bytes as encoded.
  private static let markSize = 64

  /// Encodes a message for the wire.
  ///
  /// A message larger than ``maximumSize`` is cut between two Unicode scalars, and ends with a mark
  /// that says that it was cut and how long it was.
  static func encode(_ message: String) -> String {
    guard let count = Self.countBeforeCut(message) else { return Self.encodeWhole(message) }
    let mark = "… [cut, of \(message.utf8.count) bytes]"
    return Self.encodeWhole(String(message.prefix(maximumBytes: count))) + Self.encodeWhole(mark)
  }

  /// The number of bytes to send of a message that has to be cut, or `nil` if the message fits as a
  /// whole.
  private static func countBeforeCut(_ message: String) -> Int? {
    // An escape (`%C3`) takes three characters.
    guard message.utf8.count > Self.maximumSize / 3 else { return nil }
    var size = 0
    var countBeforeCut = 0
    for (index, byte) in message.utf8.enumerated() {
      if size <= Self.maximumSize - Self.markSize {
        countBeforeCut = index
      }
      size += Self.isPlain(byte) ? 1 : 3
      if size > Self.maximumSize {
        return countBeforeCut
      }
    }
    return nil
  }

  private static func encodeWhole(_ message: String) -> String {
    guard message.utf8.contains(where: { !Self.isPlain($0) }) else { return message }

    var encoded = ""
    encoded.reserveCapacity(message.utf8.count + 16)
    for byte in message.utf8 {
      if Self.isPlain(byte) {
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        encoded.append("%")
        encoded.append(Self.hexadecimalDigit(byte >> 4))
        encoded.append(Self.hexadecimalDigit(byte & 0x0f))
      }
    }
    return encoded
  }

  /// Decodes a message from the wire.
  ///
  /// Decoding never fails: a `%` that starts no escape stands for itself, and bytes that aren't
  /// UTF-8 become replacement characters.
  static func decode(_ encoded: String) -> String {
    guard encoded.utf8.contains(UInt8(ascii: "%")) else { return encoded }

    var decoded: [UInt8] = []
    decoded.reserveCapacity(encoded.utf8.count)
    var remaining = Substring(encoded).utf8
    while let byte = remaining.popFirst() {
      if byte == UInt8(ascii: "%"), let escaped = Self.byte(ofEscape: remaining) {
        decoded.append(escaped)
        remaining = remaining.dropFirst(2)
      } else {
        decoded.append(byte)
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20 ... 0x24, 0x26 ... 0x7e:
      return true
    default:
      return false
    }
  }

  private static func byte(ofEscape digits: Substring.UTF8View) -> UInt8? {
    let pair = digits.prefix(2)
    guard pair.count == 2 else { return nil }
    var byte: UInt8 = 0
    for digit in pair {
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
      byte = byte << 4 | UInt8(value)
    }
    return byte
  }

  private static func hexadecimalDigit(_ value: UInt8) -> Character {
    let digit = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    return Character(Unicode.Scalar(digit))
  }
}
