internal import GRPCCore
internal import NIOCore

@available(GRPCWeb 1.0, *)
extension TrailersBlock {
  /// Decodes a block of trailers, leniently.
  ///
  /// Names may be in any case and repeated, values surrounded by any whitespace, lines ended by a
  /// lone LF; the last CRLF may be missing, and the block may be empty.
  ///
  /// - Returns: The status, `nil` where the block has none, and the trailing metadata.
  /// - Throws: `internalError` when a line has no colon, or a `-bin` value isn't base64.
  static func decode(_ block: ByteBuffer) throws(RPCError) -> (Status?, Metadata) {
    var codes: [String] = []
    var message = ""
    var metadata = Metadata()

    // Compares bytes: a String treats CRLF as one character, knows other characters that end lines,
    // and treats a colon and a combining character after it as one.
    for bytes in block.readableBytesView.split(separator: UInt8(ascii: "\n")) {
      let isCRLF = bytes.last == UInt8(ascii: "\r")
      let line = String(decoding: isCRLF ? bytes.dropLast() : bytes, as: UTF8.self)
      guard !line.isEmpty else { continue }
      guard let (name, value) = Self.pair(in: line) else {
        throw Self.unreadable(line, reason: "it has no colon")
      }

      switch name {
      case "grpc-status":
        codes.append(value)
      case "grpc-message":
        message = StatusMessage.decode(value)
      default:
        do throws(RPCError) {
          try MetadataCoding.decodeTrailer(value, forKey: name, into: &metadata)
        } catch {
          throw Self.unreadable(line, reason: "its value isn't valid base64")
        }
      }
    }

    return (Status(grpcStatuses: codes, message: message), metadata)
  }

  private static func pair(in line: String) -> (name: String, value: String)? {
    guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let name = line[..<colon].trimmingWhitespace()
    let value = line[line.utf8.index(after: colon)...].trimmingWhitespace()
    // Sonora for Python's ASGI server writes the names and values of unary calls in Python's
    // notation for bytes: b'grpc-status': b'0'.
    guard let bytesName = PythonBytes.text(of: name) else {
      return (name.lowercasedASCII(), String(value))
    }
    return (bytesName.lowercasedASCII(), PythonBytes.text(of: value) ?? String(value))
  }

  private static func unreadable(_ line: String, reason: String) -> RPCError {
    // The error message quotes the line in a form that fits a line of a log.
    var shown = line.prefix(200).map { $0.isNewline ? " " : String($0) }.joined()
    if line.count > 200 {
      shown += "..."
    }
    return RPCError(
      code: .internalError,
      message: "Received a trailer that can't be read, as \(reason): '\(shown)'."
    )
  }
}

/// Bytes in Python's notation: `b'text'`, or `b"it's text"`, with escapes.
@available(GRPCWeb 1.0, *)
enum PythonBytes {
  /// Returns the text in the notation, or `nil` when the line isn't in that notation.
  static func text(of literal: some StringProtocol) -> String? {
    var characters = Array(literal.utf8)
    guard characters.count >= 3, characters[0] == UInt8(ascii: "b"),
      [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(characters[1]),
      characters.last == characters[1]
    else {
      return nil
    }
    characters = Array(characters[2 ..< characters.count - 1])

    var bytes: [UInt8] = []
    var rest = characters[...]
    while let character = rest.popFirst() {
      guard character == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
        bytes.append(character)
        continue
      }
      switch escaped {
      case UInt8(ascii: "n"):
        bytes.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "r"):
        bytes.append(UInt8(ascii: "\r"))
      case UInt8(ascii: "t"):
        bytes.append(UInt8(ascii: "\t"))
      case UInt8(ascii: "x"):
        let digits = String(decoding: rest.prefix(2), as: UTF8.self)
        // The conversion from text to an integer would accept a sign.
        guard digits.allSatisfy(\.isHexDigit), let byte = UInt8(digits, radix: 16) else {
          return nil
        }
        bytes.append(byte)
        rest = rest.dropFirst(2)
      default:
        bytes.append(escaped)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
