import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP2
import NIOPosix
import NIOSSL

/// A connection of HTTP/2 to a server: by prior knowledge, or negotiated with TLS.
@available(GRPCWeb 1.0, *)
final class HTTP2TestConnection: Sendable {
  private let channel: any Channel
  private let streams: NIOHTTP2Handler.StreamMultiplexer

  private init(channel: any Channel, streams: NIOHTTP2Handler.StreamMultiplexer) {
    self.channel = channel
    self.streams = streams
  }

  /// Connects to a port of this machine.
  ///
  /// - Parameters:
  ///   - port: The port.
  ///   - isTLS: Whether the connection is encrypted; any certificate will do.
  ///   - windowSize: How many bytes of each response may be under way.
  ///   - configuration: The TLS configuration otherwise.
  static func connect(
    to port: Int,
    isTLS: Bool = false,
    windowSize: Int = 65_535,
    configuration: TLSConfiguration = .makeClientConfiguration()
  ) async throws -> HTTP2TestConnection {
    var configuration = configuration
    configuration.certificateVerification = .none
    configuration.applicationProtocols = ["h2"]
    let tls = isTLS ? try NIOSSLContext(configuration: configuration) : nil
    let (channel, streams) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connectTimeout(TimeAmount(defaultTimeout))
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls = tls {
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
          }
          var stream = NIOHTTP2Handler.StreamConfiguration()
          stream.targetWindowSize = windowSize
          var connection = NIOHTTP2Handler.ConnectionConfiguration()
          connection.initialSettings.append(
            HTTP2Setting(parameter: .initialWindowSize, value: windowSize)
          )
          let streams = try pipeline.configureHTTP2Pipeline(
            mode: .client,
            connectionConfiguration: connection,
            streamConfiguration: stream
          ) { $0.close() }
          return (channel, streams)
        }
      }
    return HTTP2TestConnection(channel: channel, streams: streams)
  }

  /// Whether the connection is closed, by whichever side.
  var isClosed: Bool {
    !self.channel.isActive
  }

  /// Opens a stream and sends the head of a request.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - isReading: Whether to read the response.
  func open(_ head: HTTPRequest, isReading: Bool = true) async throws -> HTTP2TestStream {
    let handler = HTTP2TestStream.ResponseHandler()
    let channel = try await self.streams.createStreamChannel { stream in
      stream.eventLoop.makeCompletedFuture {
        try stream.syncOptions?.setOption(.autoRead, value: isReading)
        try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTPClientCodec())
        try stream.pipeline.syncOperations.addHandler(handler)
      }
    }.get()
    let stream = HTTP2TestStream(channel: channel, handler: handler)
    try await stream.send(.head(head))
    return stream
  }

  /// Sends a request as a whole.
  func send(_ head: HTTPRequest, body: [UInt8] = []) async throws -> HTTP2TestStream {
    let stream = try await self.open(head)
    if !body.isEmpty {
      try await stream.send(.body(ByteBuffer(bytes: body)))
    }
    try await stream.send(.end(nil))
    return stream
  }

  /// Sends a request as a whole, and reads its response.
  func answer(_ head: HTTPRequest, body: [UInt8] = []) async throws -> HTTP2TestStream.Response {
    try await self.send(head, body: body).readResponse()
  }

  /// Closes the connection.
  func close() async {
    try? await self.channel.close()
  }

  /// Resets the connection: the server gets a reset, and not an end.
  func reset() async throws {
    if let options = self.channel as? any SocketOptionProvider {
      try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    }
    try await self.channel.close()
  }
}

@available(GRPCWeb 1.0, *)
extension HTTPRequest {
  /// The head of a call of the service of `echo.proto`.
  static func call(
    _ method: String = "Get",
    contentType: String = "application/grpc-web+proto",
    fields: HTTPFields = [:]
  ) -> HTTPRequest {
    var request = HTTPRequest(
      method: .post,
      scheme: "http",
      authority: "localhost",
      path: "/sonora.test.Echo/\(method)",
      headerFields: fields
    )
    request.headerFields[.contentType] = contentType
    return request
  }

  /// The head of a native gRPC call of the service of `echo.proto`.
  static func nativeCall(_ method: String = "Get", fields: HTTPFields = [:]) -> HTTPRequest {
    var request = Self.call(method, contentType: "application/grpc", fields: fields)
    request.headerFields[.te] = "trailers"
    return request
  }
}
