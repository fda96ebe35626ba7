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
    let firstHead = self.scheduleHeaderTimeout(of: channel)
    return channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(NegotiationHandler())
      if let tls = self.tls {
        try pipeline.addHandler(NIOSSLServerHandler(context: tls))
        try pipeline.addHandler(
          ApplicationProtocolNegotiationHandler { result, channel in
            channel.eventLoop.makeCompletedFuture {
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

  /// Closes a connection unless the head of a request comes in time.
  private func scheduleHeaderTimeout(of channel: any Channel) -> Scheduled<Void>? {
    guard let timeout = self.config.connections.headerTimeout else { return nil }
    let scheduled = channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
      channel.close(promise: nil)
    }
    channel.closeFuture.whenComplete { _ in scheduled.cancel() }
    return scheduled
  }

  private func addHTTP(
    isHTTP2: Bool,
    to channel: any Channel,
    firstHead: Scheduled<Void>?
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

  private func addHTTP1(to channel: any Channel, firstHead: Scheduled<Void>?) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(
      ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
    )
    try pipeline.addHandler(HTTP1Codec(isSecure: self.tls != nil))
    try pipeline.addHandler(
      ConnectionLifetimeHandler(
        idleTimeout: self.config.connections.idleTimeout,
        firstHead: firstHead
      )
    )
    try pipeline.addHandler(self.callHandler(for: .http1))
    try pipeline.addHandler(NotFoundHandler(httpVersion: .http1))
  }

  private func addHTTP2(to channel: any Channel, firstHead: Scheduled<Void>?) throws {
    let manager = NIOHTTP2ServerConnectionManagementHandler(
      eventLoop: channel.eventLoop,
      configuration: self.managementConfiguration
    )
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings =
      nioDefaultSettings.filter { $0.parameter != .maxConcurrentStreams } + [
        HTTP2Setting(
          parameter: .maxConcurrentStreams,
          value: self.config.http2.maximumConcurrentStreams
        ),
        HTTP2Setting(parameter: .initialWindowSize, value: self.config.http2.windowSize),
      ]
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.targetWindowSize = self.config.http2.windowSize

    _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
      mode: .server,
      connectionConfiguration: connection,
      streamConfiguration: stream,
      streamDelegate: manager.http2StreamDelegate
    ) { stream in
      // From here on the connection is watched by HTTP/2's own means.
      firstHead?.cancel()
      return stream.eventLoop.makeCompletedFuture {
        let pipeline = stream.pipeline.syncOperations
        try pipeline.addHandler(HTTP2FramePayloadToHTTPServerCodec())
        try pipeline.addHandler(self.callHandler(for: .http2))
        try pipeline.addHandler(NotFoundHandler(httpVersion: .http2))
      }
    }
    try channel.pipeline.syncOperations.addHandler(manager)
    // It starts its timers when the connection becomes active, which this one is already.
    manager.channelActive(context: try channel.pipeline.syncOperations.context(handler: manager))
  }

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
}
