import GRPCCore
import GRPCWebHummingbird
import GRPCWebTestSupport
import Hummingbird
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(3)))
struct GRPCWebRequestContextTests {
  @available(GRPCWeb 1.0, *)
  private static func service(_ seen: Recorder<ServerContext>) -> ScriptedService {
    ScriptedService(
      onGet: { request, context in
        seen.append(context)
        return ServerResponse(message: request.message)
      }
    )
  }

  @Test("A service sees both ends of the connection")
  @available(GRPCWeb 1.0, *)
  func bothEnds() async throws {
    let seen = Recorder<ServerContext>()
    try await TestApp.run(Self.service(seen), context: GRPCWebRequestContext.self) { app in
      let connection = try await app.connect()
      _ = try await connection.answer(try .call(texts: ["hello"]))
      let context = try #require(seen.values.first)
      let localPort = try #require(connection.localPort)
      #expect(context.remotePeer == "ipv4:127.0.0.1:\(localPort)")
      #expect(context.localPeer == "ipv4:127.0.0.1:\(app.port)")
    }
  }

  @Test("A service sees the client's address where the request context knows it")
  @available(GRPCWeb 1.0, *)
  func remoteEnd() async throws {
    let seen = Recorder<ServerContext>()
    try await TestApp.run(Self.service(seen), context: RemoteContext.self) { app in
      let connection = try await app.connect()
      _ = try await connection.answer(try .call(texts: ["hello"]))
      let context = try #require(seen.values.first)
      let localPort = try #require(connection.localPort)
      #expect(context.remotePeer == "ipv4:127.0.0.1:\(localPort)")
      #expect(context.localPeer == "unknown")
    }
  }

  @Test("A record has the version of HTTP, both ends, and the app's name for the request")
  @available(GRPCWeb 1.0, *)
  func record() async throws {
    let observer = RecordingObserver()
    try await TestApp.run(
      EchoService(),
      context: GRPCWebRequestContext.self,
      config: .defaults { $0.observer = observer }
    ) { app in
      let connection = try await app.connect()
      _ = try await connection.answer(try .call(texts: ["hello"]))
      let request = try await observer.record().info.request
      let localPort = try #require(connection.localPort)
      #expect(request.httpVersion == .http1)
      #expect(request.peers.remote == "ipv4:127.0.0.1:\(localPort)")
      #expect(request.peers.local == "ipv4:127.0.0.1:\(app.port)")
      #expect(request.requestID?.isEmpty == false)
    }
  }

  @Test("The middleware works with any request context")
  @available(GRPCWeb 1.0, *)
  func noEnd() async throws {
    let seen = Recorder<ServerContext>()
    try await TestApp.run(Self.service(seen), context: BasicRequestContext.self) { app in
      let answer = try await app.answer(try .call(texts: ["hello"]))
      #expect(answer.status == 0)
      #expect(seen.values.first?.remotePeer == "unknown")
      #expect(seen.values.first?.localPeer == "unknown")
    }
  }
}

/// A request context as apps define their own.
private struct RemoteContext: RequestContext, RemoteAddressRequestContext {
  var coreContext: CoreRequestContextStorage
  let remoteAddress: SocketAddress?

  init(source: Source) {
    self.coreContext = CoreRequestContextStorage(source: source)
    self.remoteAddress = source.channel.remoteAddress
  }
}
