#if NIO
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1

/// Converts the requests of SwiftNIO's HTTP/1.1 parser to HTTP's common types, and responses of these types to bytes.
///
/// SwiftNIO's codec for the types and its encoder for the bytes would make a small call measurably slower: they parse
/// every path as a URL, and make each part of a response twice and write it by itself. This codec gathers the parts of
/// a response until they are flushed. It also knows the version of a request, which the common types don't have.
///
/// A request of HTTP/1.0 is handed on as one whose client wants the connection closed: to such a client, the end of the
/// connection is the end of a response of unknown length.
@available(GRPCWeb 1.0, *)
final class HTTP1Codec: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = ByteBuffer

  private let isSecure: Bool
  private let decoder: HTTP1RequestDecoder?
  /// The request that is being received.
  private var incoming = Incoming.request
  private var encoder = HTTP1ResponseEncoder()
  /// The versions of the requests that haven't been answered to their end.
  private var versions = CircularBuffer<HTTPVersion>(initialCapacity: 2)
  /// What has been written since the last flush.
  private var written = ByteBuffer()
  /// The buffer that was flushed last, usually free again when the next response is written, which then reuses it.
  private var sent = ByteBuffer()

  private enum Incoming {
    /// An ordinary request.
    case request
    /// A request that offers an upgrade, or asks for a tunnel. The server accepts neither.
    case offer
    /// A head that was refused, and all that follows: where the next request begins is unknown.
    case refused
  }

  /// Bytes of a body up to this number are copied behind what stands before them.
  private static let largestCopiedPart = 16 * 1024

  /// Room for the head of a response and a small body, so that its buffer seldom grows.
  private static let headCapacity = 512

  /// The capacity of the largest buffer that an idle connection keeps, in bytes.
  private static let largestReusedCapacity = 1024

  /// Creates a codec for one connection.
  ///
  /// - Parameters:
  ///   - isSecure: Whether the connection is one of TLS.
  ///   - decoder: The decoder before the codec, which has to know the ends of requests that offer an upgrade.
  init(isSecure: Bool, decoder: HTTP1RequestDecoder? = nil) {
    self.isSecure = isSecure
    self.decoder = decoder
  }

  // The request

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .refused = self.incoming { return }
    switch self.unwrapInboundIn(data) {
    case .head(let head):
      do {
        let request = try self.request(head)
        self.versions.append(head.version)
        context.fireChannelRead(self.wrapInboundOut(.head(request)))
      } catch {
        self.incoming = .refused
        context.fireErrorCaught(error)
      }
    case .body(let bytes):
      context.fireChannelRead(self.wrapInboundOut(.body(bytes)))
    case .end(let trailers):
      if case .offer = self.incoming {
        self.decoder?.offerEnded()
      }
      context.fireChannelRead(
        self.wrapInboundOut(.end(trailers.map { HTTPFields($0, splitCookie: false) }))
      )
    }
  }

  private func request(_ head: HTTPRequestHead) throws -> HTTPRequest {
    var facts = HTTP1HeadFacts()
    let fields = Self.fields(head.headers, noting: &facts)
    try facts.validate(version: head.version)
    self.incoming = facts.offersUpgrade || head.method == .CONNECT ? .offer : .request

    var request: HTTPRequest
    if head.uri.utf8.first == UInt8(ascii: "/") {
      request = HTTPRequest(
        method: try HTTPRequest.Method(head.method),
        scheme: self.isSecure ? "https" : "http",
        authority: facts.host,
        path: head.uri,
        headerFields: fields
      )
    } else if head.method == .CONNECT {
      request = HTTPRequest(
        method: .connect,
        scheme: nil,
        authority: head.uri,
        path: nil,
        headerFields: fields
      )
    } else {
      // A whole URL, as clients send one to a proxy.
      request = try HTTPRequest(head, secure: self.isSecure, splitCookie: false)
    }
    if head.version.isBefore1_1 {
      request.headerFields[.connection] = "close"
    }
    return request
  }

  /// The fields of a head but the host, which is the authority.
  private static func fields(
    _ headers: HTTPHeaders,
    noting facts: inout HTTP1HeadFacts
  ) -> HTTPFields {
    var fields = HTTPFields()
    fields.reserveCapacity(headers.count)
    for (name, value) in headers {
      facts.note(name, value)
      guard let name = HTTPField.Name(name), name.canonicalName != "host" else { continue }
      fields.append(HTTPField(name: name, value: value))
    }
    return fields
  }

  // The response

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch self.unwrapOutboundIn(data) {
    case .head(let head) where head.status.kind == .informational && self.isAnsweringOldClient:
      // HTTP/1.0 has no such responses (RFC 9110, section 15.2).
      break
    case .head(let head):
      self.makeRoomForHead()
      self.encoder.write(
        head,
        forRequestOf: self.versions.first ?? .http1_1,
        into: &self.written
      )
    case .body(let bytes):
      self.write(bytes, context: context)
    case .end(let trailers):
      self.encoder.writeEnd(trailers, into: &self.written)
      _ = self.versions.popFirst()
    }
    if let promise = promise {
      self.passOnWritten(context: context, promise: promise)
    }
  }

  private func write(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
    // A chunk without bytes would be the last.
    guard bytes.readableBytes > 0 else { return }

    self.encoder.writeChunkStart(ofSize: bytes.readableBytes, into: &self.written)
    if bytes.readableBytes <= Self.largestCopiedPart {
      self.written.writeImmutableBuffer(bytes)
    } else {
      self.passOnWritten(context: context, promise: nil)
      context.write(self.wrapOutboundOut(bytes), promise: nil)
    }
    self.encoder.writeChunkEnd(into: &self.written)
  }

  private var isAnsweringOldClient: Bool {
    self.versions.first?.isBefore1_1 ?? false
  }

  private func makeRoomForHead() {
    guard self.written.readableBytes == 0 else { return }
    let isFree = self.sent.modifyIfUniquelyOwned { $0.clear() } != nil
    if isFree {
      swap(&self.written, &self.sent)
    }
    self.written.reserveCapacity(Self.headCapacity)
  }

  /// Hands on what has been written; with a promise also where that is nothing.
  private func passOnWritten(context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
    guard self.written.readableBytes > 0 || promise != nil else { return }
    // The buffer is emptied first, as the write may change the channel's writability, which may make handlers write.
    let written = self.written
    self.written = ByteBuffer()
    self.sent = written.capacity <= Self.largestReusedCapacity ? written : ByteBuffer()
    context.write(self.wrapOutboundOut(written), promise: promise)
  }

  func flush(context: ChannelHandlerContext) {
    self.passOnWritten(context: context, promise: nil)
    context.flush()
  }

  /// Drops what wasn't flushed, as a channel does.
  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if mode != .input {
      self.written = ByteBuffer()
    }
    context.close(mode: mode, promise: promise)
  }
}
#endif
