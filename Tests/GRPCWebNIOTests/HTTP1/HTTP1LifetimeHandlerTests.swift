import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import GRPCWebNIO

/// The handler by itself, in a channel without a socket.
@Suite
struct HTTP1LifetimeHandlerTests {
  /// A channel whose client takes nothing until the test lets it.
  @available(GRPCWeb 1.0, *)
  private struct TestConnection {
    let channel = EmbeddedChannel()
    let client = SlowClient()

    init(idleTimeout: Duration? = nil) throws {
      try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
      try self.channel.pipeline.syncOperations.addHandlers([
        self.client,
        HTTP1LifetimeHandler(
          idleTimeouts: idleTimeout.map {
            TimeoutQueue(timeout: $0, eventLoop: self.channel.eventLoop)
          },
          firstHead: nil
        ),
      ])
    }

    func request() throws {
      let head = HTTPRequest(method: .get, scheme: "http", authority: "a", path: "/")
      try self.channel.writeInbound(HTTPRequestPart.head(head))
      try self.channel.writeInbound(HTTPRequestPart.end(nil))
    }

    func respond() {
      self.channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
      self.channel.write(HTTPResponsePart.end(nil), promise: nil)
      self.channel.flush()
    }

    func shutDown() {
      self.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
  }

  /// Keeps what is written until the client takes it.
  private final class SlowClient: ChannelOutboundHandler {
    typealias OutboundIn = HTTPResponsePart

    private var promises: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      if let promise = promise {
        self.promises.append(promise)
      }
    }

    func takeAll() {
      let promises = self.promises
      self.promises = []
      for promise in promises {
        promise.succeed()
      }
    }
  }

  @Test("At shutdown an idle connection is closed, when all that was written has left")
  @available(GRPCWeb 1.0, *)
  func idle() throws {
    let connection = try TestConnection()
    try connection.request()
    connection.respond()
    connection.shutDown()
    #expect(connection.channel.isActive, "The client hasn't taken the response.")
    connection.client.takeAll()
    #expect(!connection.channel.isActive)
  }

  @Test("At shutdown a request is answered first, and its response leaves before the close")
  @available(GRPCWeb 1.0, *)
  func inProgress() throws {
    let connection = try TestConnection()
    try connection.request()
    connection.shutDown()
    connection.client.takeAll()
    #expect(connection.channel.isActive)
    connection.respond()
    #expect(connection.channel.isActive)
    connection.client.takeAll()
    #expect(!connection.channel.isActive)
  }

  @Test("A request that comes while the connection waits for its close is answered, too")
  @available(GRPCWeb 1.0, *)
  func lateRequest() throws {
    let connection = try TestConnection()
    connection.shutDown()
    try connection.request()
    connection.client.takeAll()
    #expect(connection.channel.isActive)
    connection.respond()
    connection.client.takeAll()
    #expect(!connection.channel.isActive)
  }

  @Test("A connection whose client hasn't taken its response isn't idle")
  @available(GRPCWeb 1.0, *)
  func unwritable() throws {
    let connection = try TestConnection(idleTimeout: .seconds(1))
    connection.channel.isWritable = false
    connection.channel.pipeline.fireChannelWritabilityChanged()
    connection.channel.embeddedEventLoop.advanceTime(by: .seconds(5))
    #expect(connection.channel.isActive)

    connection.channel.isWritable = true
    connection.channel.pipeline.fireChannelWritabilityChanged()
    connection.channel.embeddedEventLoop.advanceTime(by: .seconds(5))
    #expect(!connection.channel.isActive)
  }

  @Test("The time that a connection may be idle begins behind each response")
  @available(GRPCWeb 1.0, *)
  func idleAgain() throws {
    let connection = try TestConnection(idleTimeout: .seconds(10))
    let loop = connection.channel.embeddedEventLoop
    for _ in 0 ..< 3 {
      loop.advanceTime(by: .seconds(9))
      try connection.request()
      loop.advanceTime(by: .seconds(25))
      connection.respond()
      #expect(connection.channel.isActive)
    }
    loop.advanceTime(by: .seconds(9))
    #expect(connection.channel.isActive)
    loop.advanceTime(by: .seconds(1))
    #expect(!connection.channel.isActive)
  }
}
