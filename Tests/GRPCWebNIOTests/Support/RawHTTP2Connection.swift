import GRPCWebTestSupport
import NIOCore
import NIOHPACK
import SwiftProtobuf

/// A connection of HTTP/2 over which a test sends any frames, also such as no client sends.
@available(GRPCWeb 1.0, *)
final class RawHTTP2Connection {
  /// The types of frames (RFC 9113, section 6).
  enum FrameType: UInt8 {
    case data = 0
    case headers = 1
    case reset = 3
    case settings = 4
    case ping = 6
    case goAway = 7
    case windowUpdate = 8
    case continuation = 9
  }

  /// A frame that has come.
  struct Frame {
    var type: FrameType?
    var flags: UInt8
    var stream: Int
    var payload: [UInt8]
  }

  static let endStream: UInt8 = 0x1
  static let endHeaders: UInt8 = 0x4

  let connection: RawConnection
  private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())

  /// Connects to a server, and sends the preface and no settings.
  init(to server: TestServer) async throws {
    self.connection = try await server.connect()
    try await self.connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    try await self.connection.send(Self.frame(.settings))
  }

  /// The bytes of a frame.
  static func frame(
    _ type: FrameType,
    flags: UInt8 = 0,
    stream: Int = 0,
    _ payload: [UInt8] = []
  ) -> [UInt8] {
    var bytes = ByteBuffer()
    bytes.writeInteger(UInt8(payload.count >> 16))
    bytes.writeInteger(UInt16(truncatingIfNeeded: payload.count))
    bytes.writeInteger(type.rawValue)
    bytes.writeInteger(flags)
    bytes.writeInteger(UInt32(stream))
    bytes.writeBytes(payload)
    return Array(bytes.readableBytesView)
  }

  /// The bytes of the frames that are the head of a request.
  func head(
    path: String?,
    method: String = "POST",
    fields: [(String, String)] = [],
    stream: Int,
    ends: Bool = false
  ) throws -> [UInt8] {
    var headers = HPACKHeaders([(":method", method), (":authority", "localhost")])
    if let path = path {
      headers.add(name: ":scheme", value: "http")
      headers.add(name: ":path", value: path)
    }
    for (name, value) in fields {
      headers.add(name: name, value: value, indexing: .neverIndexed)
    }
    var block = ByteBuffer()
    try self.encoder.encode(headers: headers, to: &block)

    var parts: [[UInt8]] = []
    while let part = block.readBytes(length: min(block.readableBytes, 16 * 1024)), !part.isEmpty {
      parts.append(part)
    }
    return parts.enumerated().flatMap { index, part in
      Self.frame(
        index == 0 ? .headers : .continuation,
        flags: (index == parts.count - 1 ? Self.endHeaders : 0)
          | (index == 0 && ends ? Self.endStream : 0),
        stream: stream,
        part
      )
    }
  }

  /// The bytes of the head of a call of the service of `echo.proto`.
  func call(
    _ method: String = "Get",
    fields: [(String, String)] = [],
    stream: Int
  ) throws -> [UInt8] {
    try self.head(
      path: "/sonora.test.Echo/\(method)",
      fields: [("content-type", "application/grpc-web+proto")] + fields,
      stream: stream
    )
  }

  /// The bytes of a call with one message.
  func wholeCall(_ text: String, stream: Int) throws -> [UInt8] {
    let message = try TestFrame(EchoMessage.with { $0.text = text }).bytes
    return try self.call(stream: stream)
      + Self.frame(.data, flags: Self.endStream, stream: stream, message)
  }

  /// Sends some bytes.
  func send(_ bytes: [UInt8]) async throws {
    try await self.connection.send(bytes)
  }

  /// The frames that have come, as far as they are whole.
  var frames: [Frame] {
    var bytes = ByteBuffer(bytes: self.connection.received)
    var frames: [Frame] = []
    while let head = bytes.readMultipleIntegers(as: (UInt8, UInt16, UInt8, UInt8, UInt32).self),
      let payload = bytes.readBytes(length: Int(head.0) << 16 + Int(head.1))
    {
      frames.append(
        Frame(
          type: FrameType(rawValue: head.2),
          flags: head.3,
          stream: Int(head.4 & 0x7fff_ffff),
          payload: payload
        )
      )
    }
    return frames
  }

  /// The frames of a stream that have come.
  func frames(of stream: Int) -> [Frame] {
    self.frames.filter { $0.stream == stream }
  }

  /// Waits for the end of a response.
  ///
  /// - Returns: Its status and its body.
  func response(on stream: Int) async throws -> (status: Int?, body: [UInt8]) {
    try await eventually("the response ends") {
      self.connection.isClosedByServer
        || self.frames(of: stream).contains { frame in
          frame.type == .reset
            || [.data, .headers].contains(frame.type) && frame.flags & Self.endStream != 0
        }
    }
    let frames = self.frames(of: stream)
    return (
      try self.status(of: frames), frames.filter { $0.type == .data }.flatMap { $0.payload }
    )
  }

  private func status(of frames: [Frame]) throws -> Int? {
    // In the order of the connection, as the table of fields grows by each head.
    var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    for frame in self.frames where frame.type == .headers {
      var block = ByteBuffer(bytes: frame.payload)
      let headers = try decoder.decodeHeaders(from: &block)
      if frame.stream == frames.first?.stream {
        return headers.first(name: ":status").flatMap { Int($0) }
      }
    }
    return nil
  }
}
