internal import GRPCCore
internal import HTTPTypes
internal import NIOCore

/// Encodes the parts that a client writes as the head and the body of an HTTP request.
///
/// The request of a method that takes one message can be sent when it is complete. Any other
/// request can be sent as soon as it has begun, and its body while it is written.
@available(GRPCWeb 1.0, *)
struct RequestEncoder: Sendable {
  private enum State {
    case idle
    case open(messages: Int)
    case finished
  }

  private let call: ClientCallOptions
  private var state = State.idle
  private var framer: MessageFramer
  private var body = FrameQueue()

  /// The messages written so far; `nil` if messages aren't counted.
  private var written: GRPCWebCallRecord.Messages?
  /// The messages written whose bytes have been taken; `nil` if messages aren't counted.
  private(set) var sent: GRPCWebCallRecord.Messages?

  /// The head, or `nil` until the client has written metadata.
  private(set) var head: HTTPRequest?

  init(call: ClientCallOptions, countsMessages: Bool = false) {
    self.call = call
    self.written = countsMessages ? GRPCWebCallRecord.Messages() : nil
    self.sent = self.written
    self.framer = MessageFramer(
      maximumMessageSize: call.maximumRequestMessageSize,
      compressor: MessageCompressor(encoding: call.requestEncoding, minimumMessageSize: 1)
    )
  }

  /// The number of bytes queued.
  var queuedBytes: Int {
    self.body.byteCount
  }

  /// Whether the client has ended the request.
  var isFinished: Bool {
    if case .finished = self.state { return true }
    return false
  }

  /// Whether the request can be sent now.
  var canStart: Bool {
    self.head != nil && (self.call.isRequestStreaming || self.isFinished)
  }

  /// Writes the metadata.
  ///
  /// - Throws: `invalidArgument` when a pair can't be sent.
  mutating func write(_ metadata: Metadata) throws(RPCError) {
    guard case .idle = self.state else {
      throw RPCError(code: .internalError, message: "Metadata was written twice.")
    }

    var rejectedKeys: [String] = []
    var metadataFields = HTTPFields()
    MetadataCoding.encodeRequest(metadata, into: &metadataFields) { rejectedKeys.append($0) }
    // The metadata of a call wins over headers configured for all calls.
    var fields = self.call.fields
    fields.removeAll { metadataFields.contains($0.name) }
    fields.append(contentsOf: metadataFields)
    guard rejectedKeys.isEmpty else {
      throw RPCError(
        code: .invalidArgument,
        message: """
          Metadata can't be sent, because of a reserved or invalid key or an invalid value: \
          \(rejectedKeys.joined(separator: ", ")).
          """
      )
    }

    self.head = HTTPRequest(
      method: .post,
      scheme: self.call.url.scheme,
      authority: self.call.url.authority,
      path: "\(self.call.url.path)/\(self.call.method.fullyQualifiedMethod)",
      headerFields: fields
    )
    self.state = .open(messages: 0)
  }

  /// Writes a message.
  ///
  /// - Throws: `internalError` when the request can't have another message, `resourceExhausted`
  ///   when the message is larger than the limit.
  mutating func write(_ message: GRPCWebMessage) throws(RPCError) {
    guard case .open(let messages) = self.state else {
      throw RPCError(code: .internalError, message: "A message was written out of place.")
    }
    guard self.call.isRequestStreaming || messages == 0 else {
      throw RPCError(
        code: .internalError,
        message: "A second message was written for a method that takes one."
      )
    }

    let frame = try self.framer.frame(message)
    self.written?.add(
      bytes: message.count,
      compressedBytes: frame.readableBytes - FrameHeader.size
    )
    self.body.append(frame)
    self.state = .open(messages: messages + 1)
  }

  /// Ends the request.
  mutating func finish() {
    self.state = .finished
  }

  /// Removes and returns the bytes queued, as one run of base64 in text mode.
  mutating func takeBody() -> [ByteBuffer] {
    let body = self.body.take()
    self.sent = self.written
    return self.call.mode == .text && !body.isEmpty ? [TextEncoder.encode(body)] : body
  }
}
