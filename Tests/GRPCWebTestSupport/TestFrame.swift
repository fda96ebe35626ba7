internal import Foundation
public import SwiftProtobuf

/// A frame of a body, put together and taken apart without the code under test.
public struct TestFrame: Hashable, Sendable {
  /// The first byte.
  public var flags: UInt8
  /// The bytes behind the header.
  public var payload: [UInt8]

  /// Creates a frame.
  public init(flags: UInt8 = 0, payload: [UInt8]) {
    self.flags = flags
    self.payload = payload
  }

  /// Creates an uncompressed frame.
  public init(_ message: some Message) throws {
    self.init(payload: try message.serializedBytes())
  }

  /// Whether the frame has trailers.
  public var isTrailers: Bool {
    self.flags & 0x80 != 0
  }

  /// The frame as it goes over the wire.
  public var bytes: [UInt8] {
    Self.header(flags: self.flags, length: UInt32(self.payload.count)) + self.payload
  }

  /// The five bytes before a payload.
  public static func header(flags: UInt8 = 0, length: UInt32) -> [UInt8] {
    [flags] + (0 ..< 4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
  }

  /// Takes as many frames from some bytes as are whole.
  ///
  /// - Returns: The frames and the number of bytes left.
  public static func parse(_ bytes: [UInt8]) -> (frames: [TestFrame], left: Int) {
    var frames: [TestFrame] = []
    var rest = bytes[...]
    while rest.count >= 5 {
      let header = Array(rest.prefix(5))
      let length = header[1...].reduce(0) { $0 << 8 | Int($1) }
      guard rest.count >= 5 + length else { break }
      frames.append(TestFrame(flags: header[0], payload: Array(rest.dropFirst(5).prefix(length))))
      rest = rest.dropFirst(5 + length)
    }
    return (frames, rest.count)
  }
}

/// Base64 without the code under test.
public enum TestBase64 {
  /// Encodes with padding.
  public static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString()
  }

  /// Encodes without padding, as gRPC does.
  public static func encodeUnpadded(_ bytes: [UInt8]) -> String {
    String(Self.encode(bytes).prefix { $0 != "=" })
  }

  /// Decodes padded runs, one after the other; what is not a whole quantum is left out.
  ///
  /// - Returns: The bytes, or `nil` when the text is not base64.
  public static func decodeRuns(_ text: [UInt8]) -> [UInt8]? {
    var bytes: [UInt8] = []
    var run: [UInt8] = []
    for start in stride(from: 0, to: text.count / 4 * 4, by: 4) {
      run += text[start ..< start + 4]
      if run.last == UInt8(ascii: "=") {
        guard let data = Data(base64Encoded: Data(run)) else { return nil }
        bytes += data
        run = []
      }
    }
    guard let data = Data(base64Encoded: Data(run)) else { return nil }
    return bytes + data
  }

  /// Decodes one value, padded or not.
  public static func decode(_ text: String) -> [UInt8]? {
    let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    return Data(base64Encoded: padded).map { Array($0) }
  }
}
