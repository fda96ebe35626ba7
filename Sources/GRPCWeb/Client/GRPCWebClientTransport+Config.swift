public import GRPCCore
public import HTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebClientTransport {
  /// How a client makes gRPC-Web calls.
  ///
  /// ```swift
  /// let config = GRPCWebClientTransport.Config.defaults {
  ///   $0.mode = .text
  ///   $0.headers[.authorization] = "Bearer \(token)"
  /// }
  /// ```
  public struct Config: Sendable {
    /// How bodies are written.
    ///
    /// Binary by default. Text is for what stands between that lets no binary bodies pass, and takes a
    /// third more bytes.
    public var mode = GRPCWebMode.binary

    /// Headers sent with every call, besides gRPC-Web's own and the call's metadata.
    public var headers: HTTPFields = [:]

    /// How request messages are compressed, where the options of a call don't say.
    ///
    /// Not at all by default. Response messages may always be.
    public var compression = CompressionAlgorithm.none

    /// The largest response message accepted, in bytes after decompression, where the options of a
    /// call don't say.
    ///
    /// 4 MiB by default, and never more than 1 GiB. A call that is sent a larger one fails with
    /// `resourceExhausted`.
    public var maximumResponseMessageSize = 4 * 1024 * 1024

    /// The largest request message sent, in bytes before compression, where the options of a call don't
    /// say.
    ///
    /// By default as large as a frame can be, 4 GiB less one byte.
    public var maximumRequestMessageSize = Int(clamping: UInt32.max)

    /// How many bytes of a streamed request may wait to be sent until the writer is suspended.
    ///
    /// 64 KiB by default. One message more than this may wait.
    public var maximumQueuedRequestBytes = 64 * 1024

    /// How many bytes of a response may wait to be read until no more are taken from the connection.
    ///
    /// 64 KiB by default. One message, or one chunk of the body, more than this may wait.
    public var maximumBufferedResponseBytes = 64 * 1024

    /// Timeouts, size limits, retries and hedging by method, as gRPC's service config describes them.
    public var serviceConfig = ServiceConfig()

    /// Sees every attempt at a call, for metrics, logs and traces.
    ///
    /// None by default, which costs nothing. ``GRPCWebClientObservers`` makes one of several.
    public var observer: (any GRPCWebClientObserver)?

    /// The default configuration.
    public static var defaults: Self {
      Self.defaults { _ in }
    }

    /// The default configuration, changed by a closure.
    public static func defaults(_ configure: (inout Self) -> Void) -> Self {
      var config = Self()
      configure(&config)
      return config
    }

    private init() {}
  }
}
