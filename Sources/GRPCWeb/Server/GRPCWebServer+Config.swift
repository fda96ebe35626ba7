@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// How a server answers gRPC-Web calls.
  ///
  /// ```swift
  /// let config = GRPCWebServer.Config.defaults {
  ///   $0.cors = .allow(origins: ["https://shop.example"])
  ///   $0.limits.maximumRequestMessageSize = 16 * 1024 * 1024
  /// }
  /// ```
  public struct Config: Sendable {
    /// Bounds on what one call may cost.
    public struct Limits: Sendable, Hashable {
      /// The largest request message accepted, in bytes after decompression.
      ///
      /// 4 MiB by default, and never more than 1 GiB. A call that sends a larger one fails with
      /// `resourceExhausted`.
      public var maximumRequestMessageSize = 4 * 1024 * 1024

      /// The largest response message sent, in bytes before compression.
      ///
      /// By default as large as a frame can be, 4 GiB less one byte. A call that writes a larger one
      /// fails with `resourceExhausted`.
      public var maximumResponseMessageSize = Int(clamping: UInt32.max)

      /// How many bytes of a streamed response may wait for a slow reader until the writer is suspended.
      ///
      /// 16 KiB by default. One message more than this may wait, and as much again may be on its way to the
      /// client.
      public var maximumQueuedResponseBytes = 16 * 1024

      /// How long no byte of a request may come while the rest of a message is awaited; `nil` for ever.
      ///
      /// 60 seconds by default. The call then fails with `deadlineExceeded`, and over HTTP/1.1 the connection is
      /// closed behind the answer. A client that streams its request may take any time between two messages.
      ///
      /// Enforced where calls are answered on SwiftNIO's channels; elsewhere by the web framework, if at all.
      public var requestReadTimeout: Duration? = .seconds(60)

      /// How long a client may take nothing of a response that is ready for it; `nil` for ever.
      ///
      /// 60 seconds by default. The call is then cancelled and its connection closed, or over HTTP/2 its stream
      /// reset. A stream that is quiet because the service writes nothing goes on.
      ///
      /// Enforced where calls are answered on SwiftNIO's channels; elsewhere by the web framework, if at all.
      public var responseWriteTimeout: Duration? = .seconds(60)
    }

    /// When response messages are compressed, for peers that accept it.
    public struct Compression: Sendable, Hashable {
      /// Whether messages are compressed.
      ///
      /// Off by default.
      public var isEnabled = false

      /// The smallest message worth compressing, in bytes.
      ///
      /// 1 KiB by default.
      public var minimumMessageSize = 1024

      /// Compresses nothing.
      public static let disabled = Self()

      /// Compresses messages with gzip or deflate, whichever the peer names first.
      public static let enabled = Self(isEnabled: true)
    }

    /// Where a call that fails before it sent anything puts its status.
    ///
    /// Wherever it is, a message is cut at 8 KiB of its percent-encoded form, and then ends with a mark that
    /// says how long it was. So it is in the trailers of native gRPC, too.
    public enum ErrorPlacement: Sendable, Hashable {
      /// In a trailers frame for requests with an `origin` header, as a page can read that whatever
      /// CORS exposes; in the HTTP headers for others, as some of their clients take a lone trailers
      /// frame for an empty answer.
      ///
      /// A status that takes more than 2 KiB of headers, with its message, its details and its metadata, goes
      /// into a trailers frame in any case: proxies refuse responses with large headers.
      case automatic
      /// Always in the HTTP headers, with an empty body: gRPC's "Trailers-Only".
      ///
      /// Also where it is large: choose it only where everything on the way takes as large headers as the
      /// service's errors need.
      case headers
      /// Always in a trailers frame.
      case body
    }

    /// Bounds on what one call may cost.
    public var limits = Limits()

    /// When response messages are compressed.
    ///
    /// Never, by default. Request messages always may be.
    public var compression = Compression.disabled

    /// Which pages of other origins may call.
    ///
    /// By default the app's own business.
    public var cors = CORS.disabled

    /// Where a call that fails before it sent anything puts its status.
    public var errorPlacement = ErrorPlacement.automatic

    /// The proxies before the server whose word on the client's address is taken.
    ///
    /// None, by default.
    public var trustedProxies = TrustedProxies.none

    /// Whether gRPC-Web requests for methods that aren't registered are answered.
    ///
    /// `true` by default: they get `unimplemented`. `false` passes them on to the app.
    public var answersUnknownMethods = true

    /// How long calls may go on after graceful shutdown began.
    ///
    /// 30 seconds by default. Calls that still run then fail with `unavailable` and are cancelled.
    public var shutdownGracePeriod: Duration = .seconds(30)

    /// Sees every call, for metrics, logs and traces.
    ///
    /// None by default, which costs nothing. ``GRPCWebServerObservers`` makes one of several.
    public var observer: (any GRPCWebServerObserver)?

    /// At which levels the errors of services are logged.
    public var errorLogging = ErrorLogging()

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
