internal import NIOCore
internal import NIOPosix
public import NIOSSL
internal import Synchronization

/// A TCP connection to a server, over which a test sends any bytes in any chunks.
@available(GRPCWeb 1.0, *)
public final class RawConnection: Sendable {
  private let channel: any Channel
  private let receivedBytes: ReceivedBytes

  private init(channel: any Channel, receivedBytes: ReceivedBytes) {
    self.channel = channel
    self.receivedBytes = receivedBytes
  }

  /// Connects to a port of this machine.
  ///
  /// - Parameters:
  ///   - port: The port.
  ///   - isReading: Whether to read what comes; see ``setReading(_:)``.
  public static func connect(to port: Int, isReading: Bool = true) async throws -> RawConnection {
    try await Self.connect(isReading: isReading) { $0.connect(host: "127.0.0.1", port: port) }
  }

  /// Connects to a port of this machine, with TLS; any certificate will do.
  ///
  /// - Parameters:
  ///   - port: The port.
  ///   - tlsProtocols: What to offer to speak, by ALPN.
  ///   - maximumTLSVersion: The newest version of TLS to offer.
  ///   - configuration: The TLS configuration otherwise.
  public static func connect(
    to port: Int,
    tlsProtocols: [String],
    maximumTLSVersion: TLSVersion? = nil,
    configuration: TLSConfiguration = .makeClientConfiguration()
  ) async throws -> RawConnection {
    var configuration = configuration
    configuration.maximumTLSVersion = maximumTLSVersion
    if maximumTLSVersion != nil {
      configuration.minimumTLSVersion = .tlsv1
    }
    configuration.certificateVerification = .none
    configuration.applicationProtocols = tlsProtocols
    let tls = try NIOSSLContext(configuration: configuration)
    return try await Self.connect(tls: tls) { $0.connect(host: "127.0.0.1", port: port) }
  }

  /// Connects to a Unix domain socket.
  public static func connect(toSocket path: String) async throws -> RawConnection {
    try await Self.connect { $0.connect(unixDomainSocketPath: path) }
  }

  private static func connect(
    tls: NIOSSLContext? = nil,
    isReading: Bool = true,
    _ connect: (ClientBootstrap) -> EventLoopFuture<any Channel>
  ) async throws -> RawConnection {
    let receivedBytes = ReceivedBytes()
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.autoRead, value: isReading)
      .connectTimeout(TimeAmount(defaultTimeout))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls = tls {
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
          }
          try pipeline.addHandler(receivedBytes)
        }
      }
    return RawConnection(channel: try await connect(bootstrap).get(), receivedBytes: receivedBytes)
  }

  /// The port of this end.
  public var localPort: Int? {
    self.channel.localAddress?.port
  }

  /// Whether the server has closed its side.
  public var isClosedByServer: Bool {
    self.receivedBytes.isClosed
  }

  /// Whether something has come that hasn't been read as a response.
  public var hasReceived: Bool {
    !self.receivedBytes.bytes.isEmpty
  }

  /// What has come that hasn't been read as a response.
  public var received: [UInt8] {
    self.receivedBytes.bytes
  }

  // Sending

  /// Sends some bytes.
  public func send(_ bytes: [UInt8]) async throws {
    try await self.channel.writeAndFlush(ByteBuffer(bytes: bytes))
  }

  /// Sends some text.
  public func send(_ text: String) async throws {
    try await self.send(Array(text.utf8))
  }

  /// Sends a request.
  public func send(_ request: RawRequest) async throws {
    try await self.send(request.bytes)
  }

  /// Sends some bytes one by one, each in a write of its own.
  public func sendBytewise(_ bytes: [UInt8]) async throws {
    for byte in bytes {
      try await self.send([byte])
    }
  }

  /// Closes this side: nothing more will be sent, but still read.
  public func closeOutput() async throws {
    try await self.channel.close(mode: .output)
  }

  /// Closes the connection.
  public func close() async {
    try? await self.channel.close()
  }

  /// Breaks the connection off: the server is sent a reset, not an end.
  public func reset() async throws {
    if let options = self.channel as? any SocketOptionProvider {
      try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    }
    try await self.channel.close()
  }

  /// Reads what comes, or leaves it in the socket.
  public func setReading(_ isReading: Bool) async throws {
    try await self.channel.setOption(.autoRead, value: isReading).get()
    if isReading {
      self.channel.read()
    }
  }

  // Receiving

  /// Reads a response to its end, so that the next can be read.
  public func readResponse() async throws -> TestAnswer {
    while true {
      let answer = try await self.readPart { $0.isComplete }
      self.receivedBytes.removeFirst(answer.length)
      // What comes before the actual response.
      if answer.answer.httpStatus != 100 {
        return answer.answer
      }
    }
  }

  /// Reads as much of a response as a test wants, and leaves it to be read again.
  public func peekResponse(until isEnough: (TestAnswer) throws -> Bool) async throws -> TestAnswer {
    try await self.readPart { try isEnough($0.answer) }.answer
  }

  /// Sends a request and reads its response.
  public func answer(_ request: RawRequest) async throws -> TestAnswer {
    try await self.send(request)
    return try await self.readResponse()
  }

  /// Waits until the server has closed its side, and everything it sent has been read.
  public func readEnd() async throws {
    try await eventually("the server closes the connection") { self.receivedBytes.isClosed }
    let left = self.receivedBytes.bytes
    guard left.isEmpty else {
      throw TestAnswer.Malformed(description: "\(left.count) bytes behind the response.")
    }
  }

  private func readPart(
    until isEnough: (RawResponse) throws -> Bool
  ) async throws -> RawResponse {
    var response: RawResponse?
    var length = -1
    var wasClosed = false
    try await eventually("a response, or enough of it") {
      let isClosed = self.receivedBytes.isClosed
      let bytes = self.receivedBytes.bytes
      guard bytes.count != length || isClosed != wasClosed else { return false }
      length = bytes.count
      wasClosed = isClosed

      if let parsed = try RawResponse(parsing: bytes, isClosed: isClosed), try isEnough(parsed) {
        response = parsed
        return true
      }
      if isClosed {
        throw TestAnswer.Malformed(
          description: "Closed after: \(String(decoding: bytes, as: UTF8.self))"
        )
      }
      return false
    }
    guard let response = response else {
      throw TestTimeout(description: "a response")
    }
    return response
  }
}

/// Collects the bytes that a connection receives.
@available(GRPCWeb 1.0, *)
private final class ReceivedBytes: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private struct State {
    var bytes: [UInt8] = []
    var isClosed = false
  }

  private let state = Mutex(State())

  var bytes: [UInt8] {
    self.state.withLock { $0.bytes }
  }

  var isClosed: Bool {
    self.state.withLock { $0.isClosed }
  }

  func removeFirst(_ count: Int) {
    self.state.withLock { $0.bytes.removeFirst(count) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = self.unwrapInboundIn(data)
    self.state.withLock { $0.bytes += buffer.readableBytesView }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed {
      self.state.withLock { $0.isClosed = true }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.state.withLock { $0.isClosed = true }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    self.state.withLock { $0.isClosed = true }
    context.close(promise: nil)
  }
}
