public import GRPCCore
public import HTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebClientTransport {
  /// The options of a client transport.
  ///
  /// ```swift
  /// let config = GRPCWebClientTransport.Config.defaults {
  ///   $0.mode = .text
  ///   $0.headers[.authorization] = "Bearer \(token)"
  /// }
  /// ```
  public struct Config: Sendable {
    /// The mode of request bodies, and of the response bodies asked for.
    ///
    /// Binary by default. Text mode is for proxies that let no binary bodies pass, and makes bodies
    /// a third larger.
    public var mode = GRPCWebMode.binary

    /// Headers sent with every call, besides gRPC-Web's own and the call's metadata.
    public var headers: HTTPFields = [:]

    /// The compression of request messages, where the options of a call don't set one.
    ///
    /// None by default. Response messages may be compressed whatever this says.
    public var compression = CompressionAlgorithm.none

    /// The largest response message accepted, in bytes after decompression, where the options of a
    /// call don't set a limit.
    ///
    /// 4 MiB by default, and at most 1 GiB. A call that receives a larger message fails with
    /// `resourceExhausted`.
    public var maximumResponseMessageSize = 4 * 1024 * 1024

    /// The largest request message sent, in bytes before compression, where the options of a call
    /// don't set a limit.
    ///
    /// The largest size of a frame by default: 4 GiB less one byte.
    public var maximumRequestMessageSize = Int(clamping: UInt32.max)

    /// The number of bytes of a streamed request that may be queued before the writer is suspended.
    ///
    /// 64 KiB by default. The queue may exceed this by one message.
    public var maximumQueuedRequestBytes = 64 * 1024

    /// The number of bytes of a response that may be buffered before no more are read from the
    /// connection.
    ///
    /// 64 KiB by default. The buffer may exceed this by one message, or by one chunk of the body.
    public var maximumBufferedResponseBytes = 64 * 1024

    /// Timeouts, size limits, retries and hedging by method, as gRPC's service config describes them.
    public var serviceConfig = ServiceConfig()

    /// The observer of every attempt at a call, for metrics, logs and traces.
    ///
    /// None by default, which costs nothing. ``GRPCWebClientObservers`` combines several observers.
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
