internal import GRPCCore
internal import HTTPTypes
internal import NIOCore

/// Turns the head and the body of an HTTP response into what a server answered.
///
/// Fed with the head and with bytes as they come, it hands out parts as they are asked for. An error
/// is final, and so is a status.
@available(GRPCWeb 1.0, *)
struct ResponseDecoder: Sendable {
  /// What comes next in the response.
  enum Event {
    /// A part of the response: metadata comes first if at all, a status always last.
    case part(RPCResponsePart<GRPCWebMessage>)
    /// Nothing until more of the response is there.
    case needsBytes
    /// Nothing after the status.
    case end
  }

  private enum State {
    /// The head isn't there yet.
    case awaitingHead
    /// The head is there, and nothing can be read of what follows.
    case refused(RPCError)
    /// The head is there, and its metadata still to be handed out.
    case head(HTTPFields)
    /// The metadata has been handed out.
    case body
    /// A status that only the end of the body is missing to.
    case ending(Status, Metadata)
    /// The status has been handed out, or an error thrown.
    case ended
  }

  private let isStreaming: Bool
  private let maximumMessageSize: Int
  private var state = State.awaitingHead
  private var textDecoder: TextDecoder?
  private var frames: FrameDecoder
  private var inflater = MessageInflater(encoding: .identity)
  /// The encoding of compressed messages, where it is one that isn't known.
  private var unknownEncoding: String?
  private var failure: RPCError?
  private var isComplete = false
  private var messageCount = 0

  /// The messages found in the body so far; `nil` where nobody wants to know.
  private(set) var received: GRPCWebCallRecord.Messages?

  /// The head of the response, where it isn't gRPC-Web and has no status.
  private(set) var foreignResponse: HTTPResponse?
  /// The status in the headers: it holds if no trailers come.
  private var headerStatus: Status?
  /// A message that came where metadata is still to be handed out.
  private var nextMessage: GRPCWebMessage?

  /// The largest block of trailers accepted, in bytes.
  private static let maximumTrailersSize = 64 * 1024

  /// Creates a decoder.
  ///
  /// - Parameters:
  ///   - isStreaming: Whether any number of messages may come, and not exactly one.
  ///   - maximumMessageSize: The largest message accepted, in bytes after decompression.
  ///   - countsMessages: Whether messages are counted.
  init(isStreaming: Bool, maximumMessageSize: Int, countsMessages: Bool = false) {
    self.received = countsMessages ? GRPCWebCallRecord.Messages() : nil
    self.isStreaming = isStreaming
    self.maximumMessageSize = maximumMessageSize
    self.frames = FrameDecoder(
      maximumMessageSize: maximumMessageSize,
      maximumTrailersSize: Self.maximumTrailersSize
    )
  }

  /// The encoding named for the messages; `nil` before the head has come, and for one that isn't known.
  var encoding: MessageEncoding? {
    if case .awaitingHead = self.state { return nil }
    return self.inflater.encoding
  }

  /// The number of bytes received that haven't been handed out.
  var bufferedBytes: Int {
    self.frames.bufferedBytes
  }

  /// Whether a whole frame is among them.
  var hasWholeFrame: Bool {
    self.frames.hasWholeFrame
  }

  /// Whether no more of the body is needed.
  var isEnded: Bool {
    if case .ended = self.state { return true }
    return false
  }

  // Receiving

  /// Takes the head of the response.
  mutating func receive(_ response: HTTPResponse) {
    guard case .awaitingHead = self.state else { return }
    let fields = response.headerFields
    let contentType = fields[.contentType]
    let mode = contentType.flatMap { ContentType.mode(of: $0) }
    let isGRPCWeb = response.status == .ok && mode != nil
    self.headerStatus = Status(fields, isGRPCWeb: isGRPCWeb)

    guard isGRPCWeb || self.headerStatus != nil else {
      // Whatever the body holds, it is no answer to a call.
      self.foreignResponse = response
      self.isComplete = true
      self.state = .ending(Status(httpStatus: response.status, contentType: contentType), [:])
      return
    }

    if let coding = Self.contentCoding(in: fields) {
      guard self.headerStatus != nil else {
        self.isComplete = true
        self.state = .refused(Self.codedResponse(coding))
        return
      }
      // The status in the headers is all that can be read.
      self.isComplete = true
    }

    if mode == nil {
      // A status in the headers of something else: its body isn't in frames.
      self.isComplete = true
    }
    self.textDecoder = mode == .text ? TextDecoder() : nil
    let encoding = MessageEncoding(header: fields[.grpcEncoding])
    self.unknownEncoding = encoding == nil ? fields[.grpcEncoding] : nil
    self.inflater = MessageInflater(encoding: encoding)
    self.state = .head(fields)
  }

  /// The content coding of a response, unless it has none.
  private static func contentCoding(in fields: HTTPFields) -> String? {
    let codings = ContentCoding.codings(in: fields[.contentEncoding] ?? "")
    return codings.isEmpty ? nil : codings.joined(separator: ", ")
  }

  private static func codedResponse(_ coding: String) -> RPCError {
    RPCError(
      code: .internalError,
      message: """
        The response has the content coding '\(coding)', though none was asked for \
        ('accept-encoding: identity'). A proxy may have compressed it: it has to let gRPC-Web pass as \
        it is.
        """
    )
  }

  /// Takes the next bytes of the body.
  mutating func receive(_ bytes: ByteBuffer) {
    guard self.failure == nil && !self.isComplete else { return }
    do throws(RPCError) {
      self.frames.append(try self.textDecoder?.decode(bytes) ?? bytes)
    } catch {
      self.failure = error
    }
  }

  /// Takes the end of the body.
  mutating func receiveEnd() {
    self.isComplete = true
  }

  // Handing out

  /// Takes the next event from the response.
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
      // Where nothing but an error has come there is no initial metadata: a call with one would count
      // as accepted, and wouldn't be retried. A call that takes one message can wait for it.
      if self.headerStatus != nil || !self.isStreaming || self.frames.startsWithTrailers {
        guard let message = try self.nextFrame() else {
          guard case .ending(let status, _) = self.state, !self.isTrailersOnly(status) else {
            return try self.nextAtEnd(headers: fields)
          }
          return .part(.metadata(try MetadataCoding.decodeResponse(fields)))
        }
        self.nextMessage = message
      }
      self.state = .body
      return .part(.metadata(try MetadataCoding.decodeResponse(fields)))

    case .body:
      if let message = self.nextMessage.take() {
        return .part(.message(message))
      }
      guard let message = try self.nextFrame() else {
        return try self.nextAtEnd(headers: [:])
      }
      return .part(.message(message))

    case .ending(let status, let metadata):
      guard self.frames.bufferedBytes == 0 && self.failure == nil else {
        throw RPCError(code: .internalError, message: "Received bytes after the trailers.")
      }
      guard self.isComplete else { return .needsBytes }
      try self.textDecoder?.finish()
      self.state = .ended
      return .part(.status(self.checked(status), metadata))

    case .ended:
      return .end
    }
  }

  /// Takes the next message, and notes the trailers when they come.
  private mutating func nextFrame() throws(RPCError) -> GRPCWebMessage? {
    let message: GRPCWebMessage
    let compressedSize: Int
    switch try self.frames.next() {
    case .none:
      return nil
    case .message(let uncompressed):
      message = uncompressed
      compressedSize = uncompressed.count
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
    throw RPCError(
      code: .internalError,
      message: """
        Received a message in the encoding '\(encoding)', which wasn't asked for. Those that can be \
        read are \(MessageEncoding.supported).
        """
    )
  }

  /// Whether a response that has a status and no message has no initial metadata either.
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

    // An empty block doesn't hide a status in the headers.
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

  /// What to do where there is no further message.
  ///
  /// - Parameter headers: The headers, where they weren't handed out as metadata.
  private mutating func nextAtEnd(headers: HTTPFields) throws(RPCError) -> Event {
    if case .ending = self.state {
      return try self.nextEvent()
    }
    if let failure = self.failure {
      throw failure
    }
    guard self.isComplete else { return .needsBytes }

    try self.textDecoder?.finish()
    try self.frames.finish()
    guard let status = self.headerStatus else {
      throw RPCError(code: .unknown, message: "The response ended without a status.")
    }
    self.state = .ending(status, try MetadataCoding.decodeTrailersOnly(headers))
    return try self.nextEvent()
  }

  /// A success needs the message that it announces.
  private func checked(_ status: Status) -> Status {
    guard status.code == .ok && !self.isStreaming && self.messageCount == 0 else { return status }
    return Status(
      code: .unimplemented,
      message: "Received no message for a method that answers with one."
    )
  }
}
