public import GRPCCore

/// The outcome of a call on the server, or of an attempt at a call on the client.
///
/// A ``GRPCWebServerObserver`` or ``GRPCWebClientObserver`` gets a record of each.
@available(GRPCWeb 1.0, *)
public struct GRPCWebCallRecord: Sendable {
  /// Messages of one direction of a call.
  public struct Messages: Hashable, Sendable {
    /// The number of messages.
    public var count = 0

    /// The size of all messages in bytes before compression, frame headers not counted.
    public var bytes = 0

    /// The size of all messages in bytes as sent, after compression if they were compressed.
    ///
    /// Frame headers aren't counted, nor the bytes that the text mode adds.
    public var compressedBytes = 0

    /// No messages.
    public init() {}

    /// Creates a sum of messages.
    ///
    /// - Parameters:
    ///   - count: The number of messages.
    ///   - bytes: The size of all messages in bytes before compression.
    ///   - compressedBytes: The size of all messages in bytes as sent.
    public init(count: Int, bytes: Int, compressedBytes: Int) {
      self.count = count
      self.bytes = bytes
      self.compressedBytes = compressedBytes
    }

    /// Adds a message.
    mutating func add(bytes: Int, compressedBytes: Int) {
      self.count += 1
      self.bytes += bytes
      self.compressedBytes += compressedBytes
    }
  }

  /// The origin of the end of a call.
  public enum End: Hashable, Sendable, CaseIterable {
    /// The service: its status is the call's.
    case service
    /// The deadline that the client had set.
    case deadline
    /// The client: it went away or cancelled the call; or its writer failed.
    case client
    /// The shutdown of the server, or of the client's transport.
    case shutdown
    /// A limit: a message was too large, or the client didn't go on with its request in time.
    case limit
    /// The app: its middleware refused the call, before the service.
    case app
    /// A fault of the request: of its head or its body, or a method that isn't registered.
    case badRequest
    /// The answer to a preflight request, which isn't a call (see "CORS protocol" in the Fetch standard).
    case preflight
    /// A fault of the response, which the client found.
    case badResponse
    /// The connection, which the client lost or couldn't make.
    case connection
  }

  /// The properties of the call that were known when it started.
  public var info: GRPCWebCallInfo

  /// The HTTP status of the response: 200 for calls, another where the request was answered on HTTP's own terms, `nil`
  /// on the client.
  public var httpStatus: Int?

  /// The status of the call; `nil` for a request that was answered on HTTP's own terms, such as a preflight.
  ///
  /// On the server, the status that was sent to the client, or `cancelled` if the client went away. On the client, the
  /// status that the app gets.
  public var status: Status?

  /// The origin of the end of the call.
  public var end: End

  /// The messages that were received: on the server the messages of the request that the service read, on the client the
  /// messages of the response that the app read.
  public var received: Messages

  /// The messages that were handed on to be sent.
  public var sent: Messages

  /// The encoding named for the messages of the request, such as `gzip`; `nil` where it isn't known.
  public var requestEncoding: String?

  /// The encoding for the messages of the response, such as `gzip`; `nil` where it isn't known.
  ///
  /// A response without messages may not name it: then it is `identity` on the client.
  public var responseEncoding: String?

  /// The time from the start until the first message of the response: on the server until the service wrote it, on the
  /// client until the app read it; `nil` if there was none.
  public var timeToFirstMessage: Duration?

  /// How long the call took.
  ///
  /// From the head of the request until the end of the response was handed on to be sent; on the client from the start of
  /// the attempt until the app read the status. Where the call ended before, until then.
  public var duration: Duration

  /// Creates a record.
  ///
  /// - Parameters:
  ///   - info: The properties of the call that were known when it started.
  ///   - status: The status of the call.
  ///   - end: The origin of the end of the call.
  ///   - duration: How long the call took.
  public init(
    info: GRPCWebCallInfo,
    status: Status?,
    end: End,
    duration: Duration
  ) {
    self.info = info
    self.status = status
    self.end = end
    self.received = Messages()
    self.sent = Messages()
    self.duration = duration
  }
}
