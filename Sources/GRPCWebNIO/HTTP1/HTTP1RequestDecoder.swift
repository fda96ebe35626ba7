#if NIO
package import NIOCore
package import NIOHTTP1

/// SwiftNIO's parser of HTTP/1.1 requests, with a limit on heads, which goes on behind an upgrade that was offered.
///
/// SwiftNIO's parser stops behind a request that offers another protocol (RFC 9110, section 7.8), or asks for a tunnel
/// (`CONNECT`), because the bytes behind it may not be HTTP; its handler then buffers everything that comes. The
/// server accepts no such offer. So the next handler calls ``offerEnded()`` at the end of such a request, and a new
/// parser takes the place of one that has stopped.
@available(GRPCWeb 1.0, *)
package final class HTTP1RequestDecoder: ByteToMessageDecoder {
  package typealias InboundOut = HTTPServerRequestPart

  private let limits: NIOHTTPDecoderLimitConfiguration
  private var parser: HTTPRequestDecoder
  private var mayHaveStopped = false

  /// Creates a decoder for one connection.
  ///
  /// - Parameter maximumHeadSize: The largest size of the names and values of a head, in bytes; a larger
  ///   head is an `HTTPParserError.headerOverflow`.
  package init(maximumHeadSize: Int) {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = maximumHeadSize
    limits.maxHeaderListSize = maximumHeadSize
    self.limits = limits
    self.parser = HTTPRequestDecoder(limitConfiguration: limits)
  }

  /// Notes the end of a request behind which the parser may have stopped: one with an `upgrade` field, or a
  /// `CONNECT`.
  package func offerEnded() {
    self.mayHaveStopped = true
  }

  package func decoderAdded(context: ChannelHandlerContext) {
    self.parser.decoderAdded(context: context)
  }

  package func decoderRemoved(context: ChannelHandlerContext) {
    self.parser.decoderRemoved(context: context)
  }

  package func decode(
    context: ChannelHandlerContext,
    buffer: inout ByteBuffer
  ) throws -> DecodingState {
    repeat {
      self.mayHaveStopped = false
      _ = try self.parser.decode(context: context, buffer: &buffer)
      if self.mayHaveStopped && self.isBetweenRequests(context: context) {
        self.replaceParser(context: context)
      } else {
        self.mayHaveStopped = false
      }
    } while self.mayHaveStopped && buffer.readableBytes > 0
    return .needMoreData
  }

  package func decodeLast(
    context: ChannelHandlerContext,
    buffer: inout ByteBuffer,
    seenEOF: Bool
  ) throws -> DecodingState {
    if buffer.readableBytes > 0 {
      _ = try self.decode(context: context, buffer: &buffer)
    }
    return try self.parser.decodeLast(context: context, buffer: &buffer, seenEOF: seenEOF)
  }

  /// Whether the parser has stopped, or is between two requests.
  ///
  /// The parser's own rules decide which offers make it stop. To a parser in the midst of a request, and to no other,
  /// the end of the connection is an error.
  private func isBetweenRequests(context: ChannelHandlerContext) -> Bool {
    var nothing = ByteBuffer()
    do {
      _ = try self.parser.decodeLast(context: context, buffer: &nothing, seenEOF: true)
      return true
    } catch {
      return false
    }
  }

  private func replaceParser(context: ChannelHandlerContext) {
    self.parser.decoderRemoved(context: context)
    self.parser = HTTPRequestDecoder(limitConfiguration: self.limits)
    self.parser.decoderAdded(context: context)
  }
}
#endif
