#if NIO
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// Writes responses as the bytes of HTTP/1.1 (RFC 9112), without I/O.
///
/// The parts of a response are appended one behind the other, for those that are sent at once to leave
/// as one buffer.
///
/// What answers a request for the head alone (`HEAD`) is to give the length of the body, and to write none.
struct HTTP1ResponseEncoder {
  /// How the end of a body is told.
  enum Framing: Hashable {
    /// There is no body.
    case none
    /// By its length, which the head gives.
    case length
    /// By a last chunk.
    case chunks
    /// By the end of the connection.
    case close
  }

  /// The framing of the response that is being written.
  private(set) var framing = Framing.none

  /// Appends the head of a response.
  ///
  /// Its fields say how long the body is, or nothing of that: then the framing is chosen here.
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
    // An informational head says nothing of the response that follows it.
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

  /// Appends what stands before some bytes of the body.
  func writeChunkStart(ofSize size: Int, into buffer: inout ByteBuffer) {
    if self.framing == .chunks {
      buffer.writeString(String(size, radix: 16))
      buffer.writeStaticString("\r\n")
    }
  }

  /// Appends what stands behind some bytes of the body.
  func writeChunkEnd(into buffer: inout ByteBuffer) {
    if self.framing == .chunks {
      buffer.writeStaticString("\r\n")
    }
  }

  /// Appends the end of a response.
  ///
  /// - Parameters:
  ///   - trailers: HTTP's trailers, which only a response in chunks can have; elsewhere they are left out.
  ///   - buffer: Where the bytes go.
  func writeEnd(_ trailers: HTTPFields?, into buffer: inout ByteBuffer) {
    guard self.framing == .chunks else { return }
    buffer.writeStaticString("0\r\n")
    for field in trailers ?? [:] {
      Self.write(field, into: &buffer)
    }
    buffer.writeStaticString("\r\n")
  }

  /// Appends a field, whose name and value have nothing in them that would end a line: the types of
  /// HTTPTypes see to that.
  private static func write(_ field: HTTPField, into buffer: inout ByteBuffer) {
    buffer.writeString(field.name.rawName)
    buffer.writeStaticString(": ")
    field.withUnsafeBytesOfValue { _ = buffer.writeBytes($0) }
    buffer.writeStaticString("\r\n")
  }
}

extension HTTPVersion {
  /// Whether clients of this version know nothing of HTTP/1.1's chunks.
  package var isBefore1_1: Bool {
    (self.major, self.minor) < (1, 1)
  }
}
#endif
