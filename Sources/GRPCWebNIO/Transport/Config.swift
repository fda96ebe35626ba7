#if NIO
public import GRPCWeb

@available(GRPCWeb 1.0, *)
extension GRPCWebNIOServerTransport {
  /// How connections are kept and calls answered.
  ///
  /// ```swift
  /// let config = GRPCWebNIOServerTransport.Config.defaults {
  ///   $0.calls.cors = .allow(origins: ["https://shop.example"])
  ///   $0.connections.maximumCount = 10_000
  /// }
  /// ```
  public struct Config: Sendable {
    /// How connections are kept.
    public struct Connections: Sendable, Hashable {
      /// How many connections may be open at a time; further ones wait to be accepted.
      ///
      /// `nil`, the default, for no bound but the system's.
      public var maximumCount: Int?

      /// How long a connection may go without a request in progress before it is closed; `nil` for ever.
      ///
      /// 60 seconds by default. A call in progress may take any time; how long its client may do nothing is limited by
      /// `calls.limits`. Give a load balancer between a shorter idle timeout than this: a connection is best closed by
      /// the side that would use it next.
      public var idleTimeout: Duration? = .seconds(60)

      /// How long the handshake of TLS may take; `nil` for ever.
      ///
      /// 10 seconds by default. When the time is over, the connection is closed.
      public var handshakeTimeout: Duration? = .seconds(10)

      /// How long the first request's head may take, counted from when the connection was accepted, the
      /// handshake of TLS included; `nil` for ever.
      ///
      /// 20 seconds by default. When the time is over, the connection is closed. The heads of later requests have the
      /// idle timeout.
      public var headerTimeout: Duration? = .seconds(20)

      /// How large the head of a request may be: the names and values of its fields, in bytes.
      ///
      /// 64 KiB by default. A larger head is answered with HTTP status 431. Over HTTP/1.1 the connection is closed
      /// behind that response; over HTTP/2 other calls go on, unless the head is more than four times as large.
      public var maximumHeadSize = 64 * 1024
    }

    /// How HTTP/2 is spoken.
    public struct HTTP2: Sendable, Hashable {
      /// How many calls a connection may have at a time.
      ///
      /// 100 by default.
      public var maximumConcurrentStreams = 100

      /// How many bytes of each call's request may be under way, or received and not read by the service.
      ///
      /// 1 MiB by default.
      public var windowSize = 1024 * 1024

      /// How often a connection with calls is checked to be alive; `nil` for never.
      ///
      /// Every two hours by default, as gRPC does.
      public var keepAliveInterval: Duration? = .seconds(7200)

      /// How long the client may take to answer a keep-alive check before the connection is closed.
      ///
      /// 20 seconds by default.
      public var keepAliveTimeout: Duration = .seconds(20)
    }

    /// How calls are answered.
    public var calls = GRPCWebServer.Config.defaults

    /// How connections are kept.
    public var connections = Connections()

    /// How HTTP/2 is spoken.
    public var http2 = HTTP2()

    /// The path that the services are mounted at, such as `/api`; empty, the default, for none.
    public var prefix = ""

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

    /// How long connections may stay open after graceful shutdown has begun: somewhat longer than calls
    /// may run, so that calls that are ended at the end of their grace period can be answered.
    var closingPeriod: Duration {
      // Event loops can't count much further than centuries.
      min(self.calls.shutdownGracePeriod, .seconds(365 * 24 * 3600)) + .seconds(5)
    }
  }
}
#endif
