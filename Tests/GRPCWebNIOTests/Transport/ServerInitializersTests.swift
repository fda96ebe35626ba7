import GRPCCore
import GRPCWebNIO
import GRPCWebTestSupport
import Logging
import NIOCore
import SwiftProtobuf
import Testing

@Suite("Servers of the standalone transport", .timeLimit(.minutes(3)))
struct ServerInitializersTests {
  private struct Failure: Error {}

  @Test("An error of a service is logged, however the server is made")
  @available(GRPCWeb 1.0, *)
  func errors() async throws {
    let service = ScriptedService(onGet: { _, _ in throw Failure() })
    typealias Server = GRPCServer<GRPCWebNIOServerTransport>
    let makers: [@Sendable (GRPCWebNIOServerTransport) -> Server] = [
      { GRPCServer(transport: $0, services: [service]) },
      { GRPCServer(transport: $0, services: [service], interceptors: []) },
      { GRPCServer(transport: $0, services: [service], interceptorPipeline: []) },
      { transport in GRPCServer(transport: transport) { service } },
    ]
    for makeServer in makers {
      let log = CapturingLogHandler()
      let transport = GRPCWebNIOServerTransport(
        address: .ipv4(host: "127.0.0.1", port: 0),
        transportSecurity: .plaintext,
        logger: log.logger
      )
      let server = makeServer(transport)
      let serving = Task { try await server.serve() }
      defer { serving.cancel() }
      let port = try #require(try await transport.listeningAddress.port)
      let connection = try await RawConnection.connect(to: port)
      let answer = try await connection.answer(try .call(texts: ["hello"]))
      #expect(answer.status == Status.Code.unknown.rawValue)
      try await eventually("the error is logged") {
        log.entries.values.contains { $0.level == .error }
      }
      await connection.close()
    }
  }

  @Test("The transport's short name and a list of services make a server")
  @available(GRPCWeb 1.0, *)
  func spelling() async {
    let server = GRPCServer(
      transport: .grpcWebNIO(
        address: .ipv4(host: "127.0.0.1", port: 0),
        transportSecurity: .plaintext
      ),
      services: [EchoService()]
    )
    server.transport.beginGracefulShutdown()
    await #expect(throws: RPCError.self) {
      try await server.transport.listeningAddress
    }
  }
}
