internal import GRPCCore
internal import NIOCore

/// The payload of the frame that ends a response: lines of `name: value`, each ended by CRLF.
///
/// See "trailers" in gRPC's PROTOCOL-WEB document.
@available(GRPCWeb 1.0, *)
enum TrailersBlock {
  /// Encodes a status and trailing metadata as a whole frame.
  ///
  /// - Parameters:
  ///   - status: The status; its message is left out when empty.
  ///   - metadata: The trailing metadata.
  ///   - reject: Called with each key that can't be sent.
  static func encodeFrame(
    status: Status,
    metadata: Metadata,
    reject: (String) -> Void
  ) -> ByteBuffer {
    if status.code == .ok && status.message.isEmpty && metadata.isEmpty {
      return Self.okFrame
    }
    return Self.makeFrame(status: status, metadata: metadata, reject: reject)
  }

  /// What most calls end with.
  private static let okFrame = Self.makeFrame(
    status: Status(code: .ok, message: ""),
    metadata: [:]
  ) { _ in }

  private static func makeFrame(
    status: Status,
    metadata: Metadata,
    reject: (String) -> Void
  ) -> ByteBuffer {
    var frame = ByteBuffer()
    frame.reserveCapacity(64)
    frame.writeInteger(FrameHeader.trailersFlag)
    frame.writeInteger(UInt32(0))

    Self.write("grpc-status", String(status.code.rawValue), into: &frame)
    if !status.message.isEmpty {
      Self.write("grpc-message", StatusMessage.encode(status.message), into: &frame)
    }
    MetadataCoding.forEachTrailer(of: metadata, reject: reject) { key, value in
      Self.write(key, value, into: &frame)
    }

    let length = UInt32(clamping: frame.readableBytes - FrameHeader.size)
    frame.setInteger(length, at: frame.readerIndex + MemoryLayout<UInt8>.size)
    return frame
  }

  /// Decodes a block, as its sender should or as its sender did write it.
  ///
  /// Takes names in any case, any space around values, a lone LF, a missing last CRLF, repeated names
  /// and an empty block.
  ///
  /// - Returns: The status, `nil` where the block has none, and the trailing metadata.
  /// - Throws: `internalError` when a line has no colon, or a `-bin` value isn't base64.
  static func decode(_ block: ByteBuffer) throws(RPCError) -> (Status?, Metadata) {
    var code: String?
    var message = ""
    var metadata = Metadata()

    // By bytes: to a String CRLF is one character, there are other characters that end lines, and a
    // colon and a combining character after it are one.
    for bytes in block.readableBytesView.split(separator: UInt8(ascii: "\n")) {
      let isCRLF = bytes.last == UInt8(ascii: "\r")
      let line = String(decoding: isCRLF ? bytes.dropLast() : bytes, as: UTF8.self)
      guard !line.isEmpty else { continue }
      guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else {
        throw RPCError(code: .internalError, message: "Received a trailer without a colon.")
      }
      let name = line[..<colon].trimmingWhitespace().lowercasedASCII()
      let value = line[line.utf8.index(after: colon)...].trimmingWhitespace()

      switch name {
      case "grpc-status":
        code = code ?? String(value)
      case "grpc-message":
        message = StatusMessage.decode(String(value))
      default:
        try MetadataCoding.decodeTrailer(String(value), forKey: name, into: &metadata)
      }
    }

    return (code.map { Status(grpcStatus: $0, message: message) }, metadata)
  }

  private static func write(_ name: String, _ value: String, into frame: inout ByteBuffer) {
    frame.writeString(name)
    frame.writeStaticString(": ")
    frame.writeString(value)
    frame.writeStaticString("\r\n")
  }
}
