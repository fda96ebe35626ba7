internal import GRPCCore
internal import HTTPTypes
internal import NIOCore

/// Decodes the head and the body of an HTTP response into the parts of a gRPC response.
///
/// The decoder receives the head and bytes of the body as they arrive, and returns one event at a
/// time. An error is final, and so is a status.
///
///     awaitingHead ──▶ head ──metadata──▶ body ──▶ ending ──status──▶ ended
///          │             └───status without metadata──▲ ▲
///          └─────────────not gRPC-Web───────────────────┘
///
/// An error of any state, and one of the head (`refused`), leads to `ended`.
@available(GRPCWeb 1.0, *)
struct ResponseDecoder: Sendable {
  /// An event of the response.
  enum Event {
    /// A part of the response. Metadata, if there is any, comes first, the status last.
    case part(RPCResponsePart<GRPCWebMessage>)
    /// No event until more of the response is received.
    case needsBytes
    /// No event any more: the status has been returned.
    case end
  }

  private enum State {
    /// The head hasn't been received.
    case awaitingHead
    /// The head was received, and shows that the body can't be decoded.
    case refused(RPCError)
    /// The head was received, and its metadata hasn't been returned.
    case head(HTTPFields)
    /// The metadata has been returned, and perhaps a message was decoded before it.
    case body(first: GRPCWebMessage?)
    /// The status was received, and the end of the body hasn't been.
    case ending(Status, Metadata)
    /// The status has been returned, or an error thrown.
    case ended
  }

  private let isStreaming: Bool
  private let maximumMessageSize: Int
  private var state = State.awaitingHead
  private var body: BodyDecoder
  private var inflater = MessageInflater(encoding: .identity)
  /// The name in `grpc-encoding`, if it names an unknown encoding.
  private var unknownEncoding: String?
  private var messageCount = 0

  /// The messages decoded so far; `nil` if messages aren't counted.
  private(set) var received: GRPCWebCallRecord.Messages?

  /// The head of the response, if it isn't gRPC-Web and has no status.
  private(set) var foreignResponse: HTTPResponse?
  /// The status in the headers, which applies if the body has no trailers.
  private var headerStatus: Status?

  /// The largest block of trailers accepted, in bytes.
  private static let maximumTrailersSize = 64 * 1024

  /// Creates a decoder.
  ///
  /// - Parameters:
  ///   - isStreaming: Whether the server may send any number of messages, rather than exactly one.
  ///   - maximumMessageSize: The largest message accepted, in bytes after decompression.
  ///   - countsMessages: Whether messages are counted.
  init(isStreaming: Bool, maximumMessageSize: Int, countsMessages: Bool = false) {
    self.received = countsMessages ? GRPCWebCallRecord.Messages() : nil
    self.isStreaming = isStreaming
    self.maximumMessageSize = maximumMessageSize
    self.body = Self.body(.binary, maximumMessageSize)
  }

  private static func body(_ mode: GRPCWebMode, _ maximumMessageSize: Int) -> BodyDecoder {
    BodyDecoder(
      mode: mode,
      maximumMessageSize: maximumMessageSize,
      maximumTrailersSize: Self.maximumTrailersSize
    )
  }

  /// The encoding that the head names for messages; `nil` before the head, and for an unknown one.
  var encoding: MessageEncoding? {
    if case .awaitingHead = self.state { return nil }
    return self.inflater.encoding
  }

  /// The number of bytes received that haven't been returned in events.
  var bufferedBytes: Int {
    self.body.bufferedBytes
  }

  /// Whether the bytes buffered start with a whole frame.
  var hasWholeFrame: Bool {
    self.body.hasWholeFrame
  }

  /// Whether the decoder needs no more of the body.
  var isEnded: Bool {
    if case .ended = self.state { true } else { false }
  }

  // Receiving

  /// Receives the head of the response.
  mutating func receive(_ response: HTTPResponse) {
    guard case .awaitingHead = self.state else { return }
    let fields = response.headerFields
    let contentType = fields[.contentType]
    let mode = contentType.flatMap { ContentType.mode(of: $0) }
    let isGRPCWeb = response.status == .ok && mode != nil
    self.headerStatus = Status(fields, isGRPCWeb: isGRPCWeb)

    guard isGRPCWeb || self.headerStatus != nil else {
      // The body of a response that isn't gRPC-Web is not decoded.
      self.foreignResponse = response
      self.body.receiveEnd()
      self.state = .ending(Status(httpStatus: response.status, contentType: contentType), [:])
      return
    }

    let coding = Self.contentCoding(in: fields)
    if let coding = coding, self.headerStatus == nil {
      self.body.receiveEnd()
      self.state = .refused(.codedResponse(coding))
      return
    }

    self.body = Self.body(mode ?? .binary, self.maximumMessageSize)
    if mode == nil || coding != nil {
      // A response that isn't gRPC-Web has no frames in its body, and a body with a content coding can't be decoded: the
      // status in the headers is all that is read.
      self.body.receiveEnd()
    }
    let encoding = MessageEncoding(header: fields[.grpcEncoding])
    self.unknownEncoding = encoding == nil ? fields[.grpcEncoding] : nil
    self.inflater = MessageInflater(encoding: encoding)
    self.state = .head(fields)
  }

  /// Receives the next bytes of the body.
  mutating func receive(_ bytes: ByteBuffer) {
    self.body.receive(bytes)
  }

  /// Receives the end of the body.
  mutating func receiveEnd() {
    self.body.receiveEnd()
  }

  // Events

  /// Returns the next event of the response.
  ///
  /// - Throws: `internalError` when the response isn't what PROTOCOL-WEB describes, `unimplemented`
  ///   when it has more than one message for a call that has one, `unknown` when it ends without a
  ///   status, `resourceExhausted` when a message is larger than the limit.
  mutating func next() throws(RPCError) -> Event {
    do throws(RPCError) {
      return try self.nextEvent()
    } catch {
      self.state = .ended
      throw error
    }
  }

  private mutating func nextEvent() throws(RPCError) -> Event {
    switch self.state {
    case .awaitingHead:
      return .needsBytes

    case .refused(let error):
      throw error

    case .head(let fields):
      // A response with nothing but an error has no initial metadata: a call with initial metadata
      // counts as accepted, and isn't retried. A call of a method that answers with one message can
      // wait for that message.
      var first: GRPCWebMessage?
      if self.headerStatus != nil || !self.isStreaming || self.body.startsWithTrailers {
        first = try self.nextMessage()
        if first == nil {
          guard case .ending(let status, _) = self.state, !self.isTrailersOnly(status) else {
            return try self.nextAtEnd(headers: fields)
          }
          return .part(.metadata(try MetadataCoding.decodeResponse(fields)))
        }
      }
      self.state = .body(first: first)
      return .part(.metadata(try MetadataCoding.decodeResponse(fields)))

    case .body(first: .some(let message)):
      self.state = .body(first: nil)
      return .part(.message(message))

    case .body(first: .none):
      guard let message = try self.nextMessage() else {
        return try self.nextAtEnd(headers: [:])
      }
      return .part(.message(message))

    case .ending(let status, let metadata):
      guard !self.body.hasRest else {
        throw RPCError(code: .internalError, message: "Received bytes after the trailers.")
      }
      guard self.body.isEnded else { return .needsBytes }
      try self.body.finish()
      self.state = .ended
      return .part(.status(self.checked(status), metadata))

    case .ended:
      return .end
    }
  }

  /// Decodes the next message, and stores the trailers when they are received.
  ///
  /// - Returns: The message, or `nil` if there is none yet, or none any more.
  private mutating func nextMessage() throws(RPCError) -> GRPCWebMessage? {
    let message: GRPCWebMessage
    let compressedSize: Int
    switch try self.body.next() {
    case .none:
      return nil
    case .message(let uncompressed):
      (message, compressedSize) = (uncompressed, uncompressed.count)
    case .compressedMessage(let bytes):
      try self.checkEncoding()
      message = try self.inflater.inflate(bytes, limit: self.maximumMessageSize)
      compressedSize = bytes.readableBytes
    case .trailers(let block, let isCompressed):
      try self.receiveTrailers(block, isCompressed: isCompressed)
      return nil
    }

    self.messageCount += 1
    self.received?.add(bytes: message.count, compressedBytes: compressedSize)
    guard self.isStreaming || self.messageCount == 1 else {
      throw RPCError(
        code: .unimplemented,
        message: "Received more than one message for a method that answers with one."
      )
    }
    return message
  }

  private func checkEncoding() throws(RPCError) {
    guard let encoding = self.unknownEncoding else { return }
    throw .unknownEncoding(encoding)
  }

  /// Whether a response that ends with a status and without messages has no initial metadata
  /// either.
  private func isTrailersOnly(_ status: Status) -> Bool {
    status.code != .ok || self.headerStatus != nil
  }

  private mutating func receiveTrailers(
    _ block: ByteBuffer,
    isCompressed: Bool
  ) throws(RPCError) {
    if isCompressed {
      try self.checkEncoding()
    }
    let block =
      isCompressed
      ? try self.inflater.inflate(block, limit: Self.maximumTrailersSize).payload
      : block
    let (status, metadata) = try TrailersBlock.decode(block)

    // An empty block of trailers doesn't hide a status in the headers.
    guard let status = status ?? self.headerStatus else {
      throw RPCError(code: .unknown, message: "The trailers have no 'grpc-status'.")
    }
    var trailing: Metadata = [:]
    if case .head(let fields) = self.state, self.isTrailersOnly(status) {
      trailing = try MetadataCoding.decodeTrailersOnly(fields)
    }
    trailing.add(contentsOf: metadata)
    self.state = .ending(status, trailing)
  }

  /// The event at the end of the body.
  ///
  /// - Parameter headers: The headers, if they weren't returned as metadata.
  private mutating func nextAtEnd(headers: HTTPFields) throws(RPCError) -> Event {
    if case .ending = self.state {
      return try self.nextEvent()
    }
    guard self.body.isEnded else { return .needsBytes }
    guard let status = self.headerStatus else {
      throw RPCError(code: .unknown, message: "The response ended without a status.")
    }
    self.state = .ending(status, try MetadataCoding.decodeTrailersOnly(headers))
    return try self.nextEvent()
  }

  /// The status, or `unimplemented` in place of success without the one message that the method
  /// answers with.
  private func checked(_ status: Status) -> Status {
    guard status.code == .ok && !self.isStreaming && self.messageCount == 0 else { return status }
    return Status(
      code: .unimplemented,
      message: "Received no message for a method that answers with one."
    )
  }
}
