import GRPCCore
import GRPCWeb
import GRPCWebHummingbird
import GRPCWebTestSupport
import Hummingbird
import HummingbirdCore
import NIOCore
import ServiceLifecycle
import SwiftProtobuf
import Testing

/// What the middleware does beyond the contract of adapters, which `GRPCWebContractTests` checks.
@Suite(.timeLimit(.minutes(3)))
struct GRPCWebMiddlewareTests {
  @Test("Requirement 10: a unary call is answered in one write, with its length")
  @available(GRPCWeb 1.0, *)
  func unaryInOneWrite() async throws {
    let flushes = Recorder<Void>()
    try await TestApp.run(server: FlushCounter.server(counting: flushes)) { app in
      let answer = try await app.answer(try .call(texts: ["hello"]))
      #expect(try answer.texts == ["hello"])
      #expect(answer.header("content-length") == ["\(answer.body.count)"])
      #expect(answer.header("transfer-encoding").isEmpty)
      #expect(flushes.values.count == 1)
    }
  }

  @Test("Requirement 13: a status without a body is answered in one write, too")
  @available(GRPCWeb 1.0, *)
  func trailersOnlyInOneWrite() async throws {
    let flushes = Recorder<Void>()
    try await TestApp.run(server: FlushCounter.server(counting: flushes)) { app in
      let answer = try await app.answer(.call("Nope", body: []))
      #expect(answer.isTrailersOnly)
      #expect(answer.header("content-length") == ["0"])
      #expect(flushes.values.count == 1)
    }
  }

  @Test(
    "Graceful shutdown of the app reaches the server by way of a call",
    arguments: ["Get", "Expand"]
  )
  @available(GRPCWeb 1.0, *)
  func callsEnd(method: String) async throws {
    let started = Gate()
    let gate = Gate()
    let service = ScriptedService(
      onGet: { request, _ in
        started.open()
        try await gate.pass()
        return ServerResponse(message: request.message)
      },
      onExpand: { request, _ in
        StreamingServerResponse { writer in
          started.open()
          try await gate.pass()
          try await writer.write(request.message)
          return [:]
        }
      }
    )
    try await TestApp.run(service) { app in
      let connection = try await app.connect()
      try await connection.send(try RawRequest.call(method, texts: ["hello"]))
      try await started.pass("the handler starts")

      await app.services.triggerGracefulShutdown()
      // The call hands the shutdown of the app on to the server.
      try await eventually("new calls are refused") {
        let head = HTTPRequest(
          method: .post,
          scheme: "http",
          authority: "localhost",
          path: "/sonora.test.Echo/Collect",
          headerFields: [.contentType: "application/grpc-web"]
        )
        guard case .call(let call) = app.grpcWeb.route(head) else { return false }
        let (body, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        continuation.finish()
        let response = await app.grpcWeb.respond(to: call, body: body)
        return response.head.headerFields.contains {
          $0.name.canonicalName == "grpc-status" && $0.value == "14"
        }
      }

      gate.open()
      let answer = try await connection.readResponse()
      #expect(answer.status == 0)
      #expect(try answer.texts == ["hello"])
      try await connection.readEnd()
    }
  }
}

/// Counts the flushes of connections.
@available(GRPCWeb 1.0, *)
private final class FlushCounter: ChannelOutboundHandler, RemovableChannelHandler, Sendable {
  typealias OutboundIn = Never

  private let flushes: Recorder<Void>

  /// Makes servers each of whose connections has a handler that counts.
  static func server(counting flushes: Recorder<Void>) -> (GRPCWebServer) -> HTTPServerBuilder {
    { _ in .http1(configuration: .init(additionalChannelHandlers: [FlushCounter(flushes)])) }
  }

  init(_ flushes: Recorder<Void>) {
    self.flushes = flushes
  }

  func flush(context: ChannelHandlerContext) {
    self.flushes.append(())
    context.flush()
  }
}
