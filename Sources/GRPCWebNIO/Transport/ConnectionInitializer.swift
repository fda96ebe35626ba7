#if NIO
internal import GRPCWeb
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2
internal import NIOHTTPTypesHTTP2
internal import NIOSSL
internal import NIOTLS

/// Builds the pipelines of connections: TLS where it is asked for, then HTTP/1.1 or HTTP/2 as the client
/// speaks it, then the handler that answers calls, and at last the one for what is no call.
@available(GRPCWeb 1.0, *)
struct ConnectionInitializer: Sendable {
  let calls: GRPCWebServerTransport
  let config: GRPCWebNIOServerTransport.Config
  let tls: NIOSSLContext?

  /// Prepares a connection that has been accepted.
  func initialize(_ channel: any Channel) -> EventLoopFuture<Void> {
    let firstHead = ConnectionDeadline(
      in: self.config.connections.headerTimeout,
      closing: channel
    )
    return channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(NegotiationHandler())
      if let tls = self.tls {
        let handshake = ConnectionDeadline(
          in: self.config.connections.handshakeTimeout,
          closing: channel
        )
        try pipeline.addHandler(NIOSSLServerHandler(context: tls))
        try pipeline.addHandler(
          ApplicationProtocolNegotiationHandler { result, channel in
            handshake.meet()
            return channel.eventLoop.makeCompletedFuture {
              try self.addHTTP(
                isHTTP2: result == .negotiated("h2"),
                to: channel,
                firstHead: firstHead
              )
            }
          }
        )
      } else {
        try pipeline.addHandler(
          HTTPVersionDetector { isHTTP2, channel in
            try self.addHTTP(isHTTP2: isHTTP2, to: channel, firstHead: firstHead)
          }
        )
      }
    }
  }

  private func addHTTP(
    isHTTP2: Bool,
    to channel: any Channel,
    firstHead: ConnectionDeadline
  ) throws {
    if isHTTP2 {
      try self.addHTTP2(to: channel, firstHead: firstHead)
    } else {
      try self.addHTTP1(to: channel, firstHead: firstHead)
    }
    let pipeline = channel.pipeline.syncOperations
    let negotiation = try pipeline.context(handlerType: NegotiationHandler.self)
    pipeline.removeHandler(context: negotiation, promise: nil)
  }

  private func addHTTP1(to channel: any Channel, firstHead: ConnectionDeadline) throws {
    let pipeline = channel.pipeline.syncOperations
    let decoder = HTTP1RequestDecoder(maximumHeadSize: self.config.connections.maximumHeadSize)
    try pipeline.addHandler(ByteToMessageHandler(decoder))
    try pipeline.addHandler(HTTP1Codec(isSecure: self.tls != nil, decoder: decoder))
    try pipeline.addHandler(
      ConnectionLifetimeHandler(
        idleTimeout: self.config.connections.idleTimeout,
        firstHead: firstHead
      )
    )
    try pipeline.addHandler(self.callHandler(for: .http1))
    try pipeline.addHandler(self.notFoundHandler(for: .http1, eventLoop: channel.eventLoop))
  }

  private func addHTTP2(to channel: any Channel, firstHead: ConnectionDeadline) throws {
    let manager = NIOHTTP2ServerConnectionManagementHandler(
      eventLoop: channel.eventLoop,
      configuration: self.managementConfiguration
    )
    let openStreams = NIOLoopBound(
      HTTP2AdmissionHandler.OpenStreams(maximum: self.config.http2.maximumConcurrentStreams),
      eventLoop: channel.eventLoop
    )
    try channel.pipeline.syncOperations.addHandler(
      HTTP2SettingsHandler(
        maximumConcurrentStreams: UInt32(clamping: self.config.http2.maximumConcurrentStreams)
      )
    )
    _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
      mode: .server,
      connectionConfiguration: self.http2ConnectionConfiguration,
      streamConfiguration: self.http2StreamConfiguration,
      streamDelegate: HTTP2StreamPairs(manager.http2StreamDelegate, eventLoop: channel.eventLoop)
    ) { stream in
      // From here on the connection is watched by HTTP/2's own means.
      firstHead.meet()
      return stream.eventLoop.makeCompletedFuture {
        let pipeline = stream.pipeline.syncOperations
        try pipeline.addHandler(
          HTTP2AdmissionHandler(
            openStreams: openStreams.value,
            maximumHeadSize: self.config.connections.maximumHeadSize,
            date: EventLoopResources.of(stream.eventLoop, self.calls).date
          )
        )
        try pipeline.addHandler(HTTP2FramePayloadToHTTPServerCodec())
        try pipeline.addHandler(self.callHandler(for: .http2))
        try pipeline.addHandler(self.notFoundHandler(for: .http2, eventLoop: stream.eventLoop))
      }
    }
    try channel.pipeline.syncOperations.addHandler(manager)
    // It starts its timers when the connection becomes active, which this one is already.
    manager.channelActive(context: try channel.pipeline.syncOperations.context(handler: manager))
    try channel.pipeline.syncOperations.addHandler(HTTP2ConnectionErrorHandler())
  }

  private var http2ConnectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration {
    var configuration = NIOHTTP2Handler.ConnectionConfiguration()
    // SwiftNIO ends the connection of a client that goes beyond; a head up to this is refused on its stream.
    let headerListSize = 4 * self.config.connections.maximumHeadSize
    configuration.initialSettings = [
      // Likewise; the client is told how many are admitted.
      HTTP2Setting(parameter: .maxConcurrentStreams, value: Int(Int32.max)),
      HTTP2Setting(parameter: .maxHeaderListSize, value: headerListSize),
      HTTP2Setting(parameter: .initialWindowSize, value: self.config.http2.windowSize),
    ]
    configuration.maximumSequentialContinuationFrames = max(5, headerListSize / Self.frameSize)
    // SwiftNIO counts what it calls glitches for as long as a connection lives, which may be months; the rate of
    // errors is limited all the same.
    configuration.maximumConnectionGlitches = .max
    configuration.controlFrameRateLimit.maximumCount = Self.maximumControlFrames
    return configuration
  }

  private var http2StreamConfiguration: NIOHTTP2Handler.StreamConfiguration {
    var configuration = NIOHTTP2Handler.StreamConfiguration()
    configuration.targetWindowSize = self.config.http2.windowSize
    configuration.streamErrorRateLimit.maximumCount = Self.maximumStreamErrors
    configuration.streamResetFrameRateLimit.maximumCount = Self.maximumStreamErrors
    return configuration
  }

  /// The size of a frame that clients may send, HTTP/2's default, in bytes.
  private static let frameSize = 16 * 1024

  /// How many errors and resets of streams a connection is allowed in 30 seconds.
  ///
  /// A client may open many streams before it learns how many are allowed, all but those being refused; and a proxy
  /// cancels the calls of all its clients on one connection. Each costs little.
  private static let maximumStreamErrors = 5_000

  /// How many control frames a connection may send in 30 seconds.
  ///
  /// gRPC's clients measure the bandwidth by a PING each round trip in which they receive something.
  private static let maximumControlFrames = 300_000

  private var managementConfiguration: NIOHTTP2ServerConnectionManagementHandler.Configuration {
    var configuration = NIOHTTP2ServerConnectionManagementHandler.Configuration.defaults
    configuration.maxIdleTime = self.config.connections.idleTimeout.map { TimeAmount($0) }
    configuration.maxGraceTime = TimeAmount(self.config.closingPeriod)
    configuration.keepalive = self.config.http2.keepAliveInterval.map { interval in
      .init(
        pingInterval: TimeAmount(interval),
        ackTimeout: TimeAmount(self.config.http2.keepAliveTimeout)
      )
    }
    return configuration
  }

  private func callHandler(
    for httpVersion: GRPCWebChannelHandler.HTTPVersion
  ) -> GRPCWebChannelHandler {
    GRPCWebChannelHandler(
      transport: self.calls,
      prefix: self.config.prefix,
      httpVersion: httpVersion
    )
  }

  private func notFoundHandler(
    for httpVersion: GRPCWebChannelHandler.HTTPVersion,
    eventLoop: any EventLoop
  ) -> NotFoundHandler {
    NotFoundHandler(
      httpVersion: httpVersion,
      requestReadTimeout: self.config.calls.limits.requestReadTimeout,
      date: EventLoopResources.of(eventLoop, self.calls).date
    )
  }
}
#endif
