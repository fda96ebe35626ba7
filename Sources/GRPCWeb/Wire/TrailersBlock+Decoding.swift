internal import GRPCCore
internal import NIOCore

@available(GRPCWeb 1.0, *)
extension TrailersBlock {
  /// Decodes a block, as its sender should or as its sender did write it.
  ///
  /// Takes names in any case, any space around values, a lone LF, a missing last CRLF, repeated names
  /// and an empty block.
  ///
  /// - Returns: The status, `nil` where the block has none, and the trailing metadata.
  /// - Throws: `internalError` when a line has no colon, or a `-bin` value isn't base64.
  static func decode(_ block: ByteBuffer) throws(RPCError) -> (Status?, Metadata) {
    var codes: [String] = []
    var message = ""
    var metadata = Metadata()

    // By bytes: to a String CRLF is one character, there are other characters that end lines, and a
    // colon and a combining character after it are one.
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
    // Sonora for Python's ASGI server writes the names and values of unary calls as Python shows bytes:
    // b'grpc-status': b'0'
    guard let bytesName = PythonBytes.text(of: name) else {
      return (name.lowercasedASCII(), String(value))
    }
    return (bytesName.lowercasedASCII(), PythonBytes.text(of: value) ?? String(value))
  }

  private static func unreadable(_ line: String, reason: String) -> RPCError {
    // Whatever else may be in it, an error should fit a line of a log.
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

/// What Python shows of bytes: `b'text'`, or `b"it's text"`, with escapes.
@available(GRPCWeb 1.0, *)
enum PythonBytes {
  /// Returns the text that is shown, or `nil` when it isn't bytes that are.
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
        // A sign would be a digit to the conversion.
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
