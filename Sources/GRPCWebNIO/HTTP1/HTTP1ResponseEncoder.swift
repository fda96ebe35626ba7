#if NIO
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// Writes responses as the bytes of HTTP/1.1 (RFC 9112), without I/O.
///
/// The parts of a response are appended to a buffer, so that parts that are sent together leave as one buffer.
///
/// A response to a `HEAD` request has to give the length of the body in its head, and has no body.
struct HTTP1ResponseEncoder {
  /// What marks the end of a body.
  enum Framing: Hashable {
    /// Nothing: there is no body.
    case none
    /// The length of the body, which the head gives.
    case length
    /// A last chunk.
    case chunks
    /// The end of the connection.
    case close
  }

  /// The framing of the response that is being written.
  private(set) var framing = Framing.none

  /// Appends the head of a response.
  ///
  /// Where the fields of the head don't give the length of the body, this chooses the framing.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - version: The version of HTTP of the request.
  ///   - buffer: Where the bytes go.
  mutating func write(
    _ head: HTTPResponse,
    forRequestOf version: HTTPVersion,
    into buffer: inout ByteBuffer
  ) {
    if head.status == .ok {
      buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
    } else {
      buffer.writeString("HTTP/1.1 \(head.status.code) \(head.status.reasonPhrase)\r\n")
    }
    for field in head.headerFields {
      Self.write(field, into: &buffer)
    }
    // The framing is that of the final response, which follows an informational one.
    if head.status.kind != .informational {
      self.framing = Self.framing(of: head, forRequestOf: version)
      if self.framing == .chunks {
        buffer.writeStaticString("transfer-encoding: chunked\r\n")
      }
    }
    buffer.writeStaticString("\r\n")
  }

  private static func framing(
    of head: HTTPResponse,
    forRequestOf version: HTTPVersion
  ) -> Framing {
    // Sections 6.1 and 6.3.
    if head.status == .noContent || head.status == .notModified {
      return .none
    } else if head.headerFields.contains(.contentLength) {
      return .length
    } else if version.isBefore1_1 {
      return .close
    } else {
      return .chunks
    }
  }

  /// Appends the beginning of a chunk, where the body is in chunks.
  func writeChunkStart(ofSize size: Int, into buffer: inout ByteBuffer) {
    if self.framing == .chunks {
      buffer.writeString(String(size, radix: 16))
      buffer.writeStaticString("\r\n")
    }
  }

  /// Appends the end of a chunk, where the body is in chunks.
  func writeChunkEnd(into buffer: inout ByteBuffer) {
    if self.framing == .chunks {
      buffer.writeStaticString("\r\n")
    }
  }

  /// Appends the end of a response.
  ///
  /// - Parameters:
  ///   - trailers: HTTP's trailers; left out where the body isn't in chunks, as only such a response can have any.
  ///   - buffer: Where the bytes go.
  func writeEnd(_ trailers: HTTPFields?, into buffer: inout ByteBuffer) {
    guard self.framing == .chunks else { return }
    buffer.writeStaticString("0\r\n")
    for field in trailers ?? [:] {
      Self.write(field, into: &buffer)
    }
    buffer.writeStaticString("\r\n")
  }

  /// Appends a field; the types of HTTPTypes guarantee that its name and value contain no end of a line.
  private static func write(_ field: HTTPField, into buffer: inout ByteBuffer) {
    buffer.writeString(field.name.rawName)
    buffer.writeStaticString(": ")
    field.withUnsafeBytesOfValue { _ = buffer.writeBytes($0) }
    buffer.writeStaticString("\r\n")
  }
}

extension HTTPVersion {
  /// Whether the version is older than HTTP/1.1, whose clients don't know chunks.
  package var isBefore1_1: Bool {
    (self.major, self.minor) < (1, 1)
  }
}
#endif
