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

  /// The frame that most calls end with, made once.
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
    frame.writeRepeatingByte(0, count: FrameHeader.size)

    Self.write("grpc-status", String(status.code.rawValue), into: &frame)
    if !status.message.isEmpty {
      Self.write("grpc-message", StatusMessage.encode(status.message), into: &frame)
    }
    MetadataCoding.forEachTrailer(of: metadata, reject: reject) { key, value in
      Self.write(key, value, into: &frame)
    }

    let length = UInt32(clamping: frame.readableBytes - FrameHeader.size)
    FrameHeader(flags: FrameHeader.trailersFlag, length: length).set(in: &frame)
    return frame
  }

  private static func write(_ name: String, _ value: String, into frame: inout ByteBuffer) {
    frame.writeString(name)
    frame.writeStaticString(": ")
    frame.writeString(value)
    frame.writeStaticString("\r\n")
  }
}
