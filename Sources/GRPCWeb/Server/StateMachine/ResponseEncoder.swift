internal import GRPCCore
internal import HTTPTypes
internal import NIOCore

/// Turns what a service answers into the head and the body of an HTTP response.
///
/// What is written is queued until it is taken: everything queued at that time leaves as one. A
/// response with one message is taken as a whole, with its length.
@available(GRPCWeb 1.0, *)
struct ResponseEncoder: Sendable {
  private enum State {
    /// Nothing has been written.
    case idle
    /// Metadata has been written, and messages may follow.
    ///
    /// - Parameters:
    ///   - hasMetadata: Whether the service sent initial metadata of its own.
    ///   - messages: The number of messages written.
    case open(hasMetadata: Bool, messages: Int)
    /// The status has been written.
    case ended(Status)
    /// The status has been written, and everything has been taken.
    case drained(Status)
  }

  let call: GRPCWebCallHead
  let config: GRPCWebServer.Config
  /// Whether any number of messages may be written, and each is to go out as soon as it can.
  private let isStreaming: Bool
  private var state = State.idle

  private var head: HTTPResponse?
  private var body = FrameQueue()
  /// The status and metadata of a native gRPC call.
  private var trailers: HTTPFields?

  /// A response without fields, whose status is shared by all that are made of it.
  private static let ok = HTTPResponse(status: .ok)

  /// How many fields there is room for besides metadata, so that a head is one allocation.
  private static let usualFieldCount = 4

  /// The messages written so far; `nil` if messages aren't counted.
  private var written: GRPCWebCallRecord.Messages?
  /// The messages written whose bytes have been taken; `nil` if messages aren't counted.
  private(set) var sent: GRPCWebCallRecord.Messages?

  /// The keys of metadata that couldn't be sent, since this was last emptied.
  var rejectedKeys: [String] = []

  init(call: GRPCWebCallHead, config: GRPCWebServer.Config, countsMessages: Bool = false) {
    self.call = call
    self.config = config
    self.isStreaming = call.method.type?.isResponseStreaming ?? true
    self.written = countsMessages ? GRPCWebCallRecord.Messages() : nil
    self.sent = self.written
  }

  /// The number of bytes queued.
  var queuedBytes: Int {
    self.body.byteCount
  }

  /// The status, once it has been written.
  var status: Status? {
    switch self.state {
    case .idle, .open:
      return nil
    case .ended(let status), .drained(let status):
      return status
    }
  }

  /// Whether there is something to take.
  var hasOutput: Bool {
    switch self.state {
    case .idle, .open:
      return self.isStreaming && (self.head != nil || !self.body.isEmpty)
    case .ended:
      return true
    case .drained:
      return false
    }
  }

  /// Whether everything has been taken.
  var isDrained: Bool {
    if case .drained = self.state { true } else { false }
  }

  // Writing

  /// Writes initial metadata.
  ///
  /// - Throws: `internalError` unless it is the first part written.
  mutating func write(_ metadata: Metadata) throws(RPCError) {
    guard case .idle = self.state else {
      throw self.misuse("Initial metadata was written after another part.")
    }

    var fields = HTTPFields()
    fields.reserveCapacity(metadata.count + Self.usualFieldCount)
    MetadataCoding.encodeResponse(metadata, into: &fields) { self.rejectedKeys.append($0) }
    if self.call.responseEncoding != .identity {
      fields[.grpcEncoding] = self.call.responseEncoding.rawValue
    }
    self.head = self.head(with: consume fields)
    self.state = .open(hasMetadata: !metadata.isEmpty, messages: 0)
  }

  /// Writes a message, of which a frame has been made.
  ///
  /// - Parameters:
  ///   - frame: The frame.
  ///   - messageSize: The size of the message, in bytes before compression.
  /// - Throws: `internalError` when it has no place here.
  mutating func write(frame: ByteBuffer, messageSize: Int) throws(RPCError) {
    if case .idle = self.state {
      try self.write([:])
    }
    guard case .open(let hasMetadata, let messages) = self.state else {
      throw self.misuse("A message was written after the status.")
    }
    guard self.isStreaming || messages == 0 else {
      throw self.misuse("A second message was written for a method that answers with one.")
    }

    self.written?.add(
      bytes: messageSize,
      compressedBytes: frame.readableBytes - FrameHeader.size
    )
    self.body.append(frame)
    self.state = .open(hasMetadata: hasMetadata, messages: messages + 1)
  }

  /// Writes the status, which ends the response.
  ///
  /// - Throws: `internalError` when a status has been written before.
  mutating func write(_ status: Status, _ metadata: Metadata) throws(RPCError) {
    guard self.status == nil else {
      throw self.misuse("A status was written after the status.")
    }

    if let head = self.trailersOnlyHead(status: status, metadata: metadata) {
      self.head = head
    } else {
      if case .idle = self.state {
        self.head = self.head(with: [:])
      }
      self.end(status: status, metadata: metadata)
    }
    self.state = .ended(status)
  }

  /// Puts the status behind the messages.
  private mutating func end(status: Status, metadata: Metadata) {
    if self.call.isNativeGRPC {
      self.trailers = self.statusFields(status: status, metadata: metadata)
    } else {
      self.body.append(
        TrailersBlock.encodeFrame(status: status, metadata: metadata) {
          self.rejectedKeys.append($0)
        }
      )
    }
  }

  // Taking

  /// Takes everything that is ready to be sent.
  ///
  /// - Returns: What to send, or `nil` when nothing is ready.
  mutating func takeOutput() -> ServerResponseOutput? {
    guard self.hasOutput else { return nil }

    var output = ServerResponseOutput()
    if case .ended(let status) = self.state {
      output.isEnd = true
      output.trailers = self.trailers
      self.state = .drained(status)
    }

    output.body = self.body.take()
    self.sent = self.written
    if self.call.responseMode == .text && !output.body.isEmpty {
      output.body = [TextEncoder.encode(output.body)]
    }

    // Taken out first: what else had a reference would be copied when it is changed.
    if var head = self.head.take() {
      if output.isEnd && !self.isStreaming && !self.call.isNativeGRPC
        && !head.headerFields.contains(.contentLength)
      {
        let length = output.body.reduce(into: 0) { $0 += $1.readableBytes }
        head.headerFields.append(HTTPField(name: .contentLength, value: String(length)))
      }
      output.head = head
    }
    return output
  }

  // Heads

  /// Whether nothing that the client could make use of has been written.
  private var isUntouched: Bool {
    switch self.state {
    case .idle:
      return true
    case .open(let hasMetadata, let messages):
      return messages == 0 && !self.isStreaming && !hasMetadata
    case .ended, .drained:
      return false
    }
  }

  private var putsErrorsInHeaders: Bool {
    // "Trailers-Only" is a single HEADERS frame that ends the stream. HTTP's types have no such thing: an
    // empty DATA frame would follow, which gRPC's clients take for the server's error.
    guard !self.call.isNativeGRPC else { return false }
    switch self.config.errorPlacement {
    case .automatic:
      return self.call.origin == nil
    case .headers:
      return true
    case .body:
      return false
    }
  }

  /// The head of a response with a body: the given fields, and those that every such response has.
  private func head(with fields: consuming HTTPFields) -> HTTPResponse {
    if self.isStreaming && !self.call.isNativeGRPC {
      // No one on the way is to keep messages back.
      fields[.cacheControl] = "no-store, no-transform"
      fields[.xAccelBuffering] = "no"
    }
    return self.response(with: consume fields)
  }

  /// A response with the given fields, and those that every response has.
  private func response(with fields: consuming HTTPFields) -> HTTPResponse {
    // Metadata can't have a field of this name.
    fields.append(
      self.call.isNativeGRPC
        ? ContentType.nativeGRPCField : ContentType.field(for: self.call.responseMode)
    )
    if self.call.requestEncoding == nil {
      fields[.grpcAcceptEncoding] = MessageEncoding.supported
    }
    self.config.cors.apply(origin: self.call.origin, to: &fields)
    var response = Self.ok
    response.headerFields = fields
    return response
  }

  /// A response without a body, whose status is in its headers; `nil` where the status has its place in the
  /// body.
  private mutating func trailersOnlyHead(status: Status, metadata: Metadata) -> HTTPResponse? {
    guard self.isUntouched && self.putsErrorsInHeaders else { return nil }
    let rejectedKeyCount = self.rejectedKeys.count
    var fields = self.statusFields(status: status, metadata: metadata)
    if self.config.errorPlacement == .automatic && !Self.fitsHeaders(fields) {
      // The keys are reported when the frame of trailers is made.
      self.rejectedKeys.removeSubrange(rejectedKeyCount...)
      return nil
    }
    fields[.contentLength] = "0"
    return self.response(with: consume fields)
  }

  /// The most bytes that the fields of a status may take for it to go into the headers, as HTTP/1.1 writes
  /// them.
  ///
  /// Proxies refuse larger heads: nginx, by default, those of more than 4 KiB in all.
  private static let maximumStatusSize = 2 * 1024

  private static func fitsHeaders(_ fields: HTTPFields) -> Bool {
    let separators = 4
    let size = fields.reduce(into: 0) { size, field in
      size += field.name.canonicalName.utf8.count + field.value.utf8.count + separators
    }
    return size <= Self.maximumStatusSize
  }

  /// A status and trailing metadata as HTTP fields.
  private mutating func statusFields(status: Status, metadata: Metadata) -> HTTPFields {
    var fields = HTTPFields()
    fields[.grpcStatus] = String(status.code.rawValue)
    if !status.message.isEmpty {
      fields[.grpcMessage] = StatusMessage.encode(status.message)
    }
    MetadataCoding.encodeResponse(metadata, into: &fields) { self.rejectedKeys.append($0) }
    return fields
  }

  /// The error for a part that has no place where it was written.
  private func misuse(_ message: String) -> RPCError {
    if let status = self.status, let error = RPCError(status: status) {
      // The call has failed: say why rather than that it has ended.
      return error
    }
    return RPCError(code: .internalError, message: message)
  }
}
