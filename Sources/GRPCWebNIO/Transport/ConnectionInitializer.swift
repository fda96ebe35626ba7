#if NIO
internal import GRPCWeb
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2
internal import NIOHTTPTypesHTTP2
internal import NIOSSL
internal import NIOTLS

/// Builds the pipelines of connections.
///
/// Bytes come in at the top and responses leave there. A connection begins with
///
///     NegotiationHandler                      closes the connection at shutdown, as long as nothing is decided
///     NIOSSLServerHandler                     TLS only
///     ApplicationProtocolNegotiationHandler   TLS: the version of HTTP by ALPN
///       or HTTPVersionDetector                plain text: the version of HTTP by the first bytes
///
/// All but TLS's handler leave when the version of HTTP is known. Then follow, over HTTP/1.1,
///
///     ByteToMessageHandler(HTTP1RequestDecoder)
///     HTTP1Codec                              HTTP's common types on one side, response bytes on the other
///     HTTP1LifetimeHandler                    closes the connection when it is idle, or at shutdown
///     GRPCWebChannelHandler                   answers calls
///     NotFoundHandler                         answers everything else
///
/// and over HTTP/2
///
///     HTTP2ReadCompletionHandler              completes the read in which a connection fails
///     HTTP2SettingsHandler                    leaves after the settings
///     NIOHTTP2Handler                         gives each stream a channel of its own
///      │ HTTP2AdmissionHandler                refuses a stream too many, or a head too large
///      │ HTTP2FramePayloadToHTTPServerCodec   HTTP's common types
///      │ GRPCWebChannelHandler                answers calls
///      │ NotFoundHandler                      answers everything else
///     NIOHTTP2ServerConnectionManagementHandler   idleness, keep-alive, and shutdown by GOAWAY
///     HTTP2ConnectionErrorHandler             closes the connection behind an error
///
/// Until the first request's head has come (over HTTP/2, the first stream), a ``ConnectionDeadline`` limits the time.
@available(GRPCWeb 1.0, *)
struct ConnectionInitializer: Sendable {
  let calls: GRPCWebServerTransport
  let config: GRPCWebNIOServerTransport.Config
  let tls: NIOSSLContext?

  /// Prepares a connection that has been accepted.
  func initialize(_ channel: any Channel) -> EventLoopFuture<Void> {
    let resources = EventLoopResources.of(channel.eventLoop, self.calls)
    let firstHead = ConnectionDeadline(
      self.config.connections.headerTimeout.map { resources.timeoutQueue(for: $0) },
      closing: channel
    )
    return channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(NegotiationHandler())
      if let tls = self.tls {
        let handshake = ConnectionDeadline(
          self.config.connections.handshakeTimeout.map { resources.timeoutQueue(for: $0) },
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
    let resources = EventLoopResources.of(channel.eventLoop, self.calls)
    let decoder = HTTP1RequestDecoder(maximumHeadSize: self.config.connections.maximumHeadSize)
    try pipeline.addHandler(ByteToMessageHandler(decoder))
    try pipeline.addHandler(HTTP1Codec(isSecure: self.tls != nil, decoder: decoder))
    try pipeline.addHandler(
      HTTP1LifetimeHandler(
        idleTimeouts: self.config.connections.idleTimeout.map { resources.timeoutQueue(for: $0) },
        firstHead: firstHead
      )
    )
    try pipeline.addHandler(
      self.callHandler(for: .http1, peerCertificate: self.peerCertificate(of: channel))
    )
    try pipeline.addHandler(NotFoundHandler(httpVersion: .http1, resources: resources))
  }

  private func addHTTP2(to channel: any Channel, firstHead: ConnectionDeadline) throws {
    let manager = NIOHTTP2ServerConnectionManagementHandler(
      eventLoop: channel.eventLoop,
      configuration: self.config.http2ManagementConfiguration
    )
    let resources = NIOLoopBound(
      EventLoopResources.of(channel.eventLoop, self.calls),
      eventLoop: channel.eventLoop
    )
    let peerCertificate = self.peerCertificate(of: channel)
    let openStreams = NIOLoopBound(
      HTTP2AdmissionHandler.OpenStreams(maximum: self.config.http2.maximumConcurrentStreams),
      eventLoop: channel.eventLoop
    )
    try channel.pipeline.syncOperations.addHandler(HTTP2ReadCompletionHandler())
    try channel.pipeline.syncOperations.addHandler(
      HTTP2SettingsHandler(
        maximumConcurrentStreams: UInt32(clamping: self.config.http2.maximumConcurrentStreams)
      )
    )
    _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
      mode: .server,
      connectionConfiguration: self.config.http2ConnectionConfiguration,
      streamConfiguration: self.config.http2StreamConfiguration,
      streamDelegate: HTTP2StreamPairs(manager.http2StreamDelegate, eventLoop: channel.eventLoop)
    ) { stream in
      // The management handler watches a connection that has had a stream.
      firstHead.meet()
      return stream.eventLoop.makeCompletedFuture {
        let pipeline = stream.pipeline.syncOperations
        let resources = resources.value
        try pipeline.addHandler(
          HTTP2AdmissionHandler(
            openStreams: openStreams.value,
            maximumHeadSize: self.config.connections.maximumHeadSize,
            date: resources.date
          )
        )
        try pipeline.addHandler(HTTP2FramePayloadToHTTPServerCodec())
        try pipeline.addHandler(self.callHandler(for: .http2, peerCertificate: peerCertificate))
        try pipeline.addHandler(NotFoundHandler(httpVersion: .http2, resources: resources))
      }
    }
    try channel.pipeline.syncOperations.addHandler(manager)
    // The management handler starts its timers when the connection becomes active, which it is already.
    manager.channelActive(context: try channel.pipeline.syncOperations.context(handler: manager))
    try channel.pipeline.syncOperations.addHandler(HTTP2ConnectionErrorHandler())
  }

  /// The certificate of a client, whose handshake is over.
  private func peerCertificate(of channel: any Channel) -> NIOSSLCertificate? {
    self.tls == nil ? nil : channel.peerCertificate
  }

  private func callHandler(
    for httpVersion: GRPCWebChannelHandler.HTTPVersion,
    peerCertificate: NIOSSLCertificate?
  ) -> GRPCWebChannelHandler {
    let handler = GRPCWebChannelHandler(
      transport: self.calls,
      prefix: self.config.prefix,
      httpVersion: httpVersion
    )
    handler.peerCertificate = .known(peerCertificate)
    return handler
  }
}
#endif
