import GRPCCore
import GRPCWebTestSupport
import InMemoryTracing
import SwiftProtobuf
import Testing
import Tracing

@testable import GRPCWebObservability

@Suite("Traces", .timeLimit(.minutes(3)))
struct GRPCWebTracingTests {
  /// Makes a call with spans on both sides.
  ///
  /// - Returns: The error of the call.
  @available(GRPCWeb 1.0, *)
  private static func call(
    _ tracer: InMemoryTracer,
    service: ScriptedService
  ) async throws -> RPCError? {
    let observer = GRPCWebTracing(tracer: tracer)
    let server = GRPCWebServer(services: [service], config: .defaults { $0.observer = observer })
    return try await server.withEcho(config: .defaults { $0.observer = observer }) { echo in
      do {
        _ = try await echo.get(.with { $0.text = "hello" })
        return nil
      } catch let error as RPCError {
        return error
      }
    }
  }

  @Test("The spans of the app, of the call on either side, and of the service are one chain")
  @available(GRPCWeb 1.0, *)
  func chain() async throws {
    let tracer = InMemoryTracer()
    let service = ScriptedService(onGet: { request, _ in
      tracer.startSpan("database", context: .current ?? .topLevel, ofKind: .client).end()
      return ServerResponse(message: request.message)
    })
    let app = tracer.startSpan("app", context: .topLevel, ofKind: .internal)
    try await ServiceContext.withValue(app.context) {
      _ = try await Self.call(tracer, service: service)
    }
    app.end()
    try await eventually("all spans have ended") { tracer.finishedSpans.count == 4 }

    let spans = tracer.finishedSpans
    let calls = spans.filter { $0.operationName == "sonora.test.Echo/Get" }
    let client = try #require(calls.first { $0.kind == .client })
    let server = try #require(calls.first { $0.kind == .server })
    let database = try #require(spans.first { $0.operationName == "database" })
    #expect(client.parentSpanID == app.spanID)
    #expect(client.spanID != server.spanID)
    #expect(database.parentSpanID == server.spanID)
    #expect(Set(spans.map(\.traceID)).count == 1)

    for span in [client, server] {
      #expect(span.attributes.get("rpc.system.name") == .string("grpc"))
      #expect(span.attributes.get("rpc.method") == .string("sonora.test.Echo/Get"))
      #expect(span.attributes.get("rpc.status_code") == .string("OK"))
      #expect(span.attributes.get("error.type") == nil)
      #expect(span.status == nil)
    }
    #expect(server.attributes.get("network.peer.address") == .string("127.0.0.1"))
    #expect(server.attributes.get("network.peer.port") == .int64(50000))
    #expect(client.attributes.get("server.address") == .string("localhost"))
    #expect(tracer.activeSpans.isEmpty)
  }

  @Test("The span of an outer middleware is the parent of a call's")
  @available(GRPCWeb 1.0, *)
  func outerSpan() throws {
    let tracer = InMemoryTracer()
    let outer = tracer.startSpan("middleware", context: .topLevel, ofKind: .server)
    var metadata: Metadata = [:]
    metadata.addString("trace-of-the-page", forKey: InMemoryTracer.traceIDKey)
    metadata.addString("span-of-the-page", forKey: InMemoryTracer.spanIDKey)
    let info = GRPCWebCallInfo(
      method: MethodDescriptor(fullyQualifiedService: "a.B", method: "C"),
      isMethodRegistered: true,
      wireProtocol: .grpcWeb,
      request: GRPCWebRequestInfo(),
      metadata: metadata
    )
    let observer = GRPCWebTracing(tracer: tracer)
    _ = ServiceContext.withValue(outer.context) { observer.callStarted(info) }
    _ = observer.callStarted(info)

    let calls = tracer.activeSpans.filter { $0.operationName == "a.B/C" }
    #expect(calls.contains { $0.traceID == outer.traceID && $0.parentSpanID == outer.spanID })
    #expect(
      calls.contains { $0.traceID == "trace-of-the-page" && $0.parentSpanID == "span-of-the-page" }
    )
  }

  @Test(
    "A status is an error of the server's span where it is its own fault, and of the client's always",
    arguments: [
      RPCError.Code.cancelled, .unknown, .invalidArgument, .deadlineExceeded, .notFound,
      .alreadyExists,
      .permissionDenied, .resourceExhausted, .failedPrecondition, .aborted, .outOfRange,
      .unimplemented, .internalError, .unavailable, .dataLoss, .unauthenticated,
    ]
  )
  @available(GRPCWeb 1.0, *)
  func errors(_ code: RPCError.Code) async throws {
    let tracer = InMemoryTracer()
    let service = ScriptedService(onGet: { _, _ in throw RPCError(code: code, message: "why") })
    let error = try await Self.call(tracer, service: service)
    #expect(error?.code == code)
    try await eventually("all spans have ended") { tracer.finishedSpans.count == 2 }

    let faults: [RPCError.Code] = [
      .unknown, .deadlineExceeded, .unimplemented, .internalError, .unavailable, .dataLoss,
    ]
    for span in tracer.finishedSpans {
      let isError = span.kind == .client || faults.contains(code)
      #expect((span.status?.code == .error) == isError)
      #expect((span.attributes.get("error.type") != nil) == isError)
    }
  }

  @Test("Without a tracer nothing is observed")
  @available(GRPCWeb 1.0, *)
  func noTracer() {
    let info = GRPCWebCallInfo(
      method: MethodDescriptor(fullyQualifiedService: "a.B", method: "C"),
      isMethodRegistered: true,
      wireProtocol: .grpcWeb,
      request: GRPCWebRequestInfo(),
      metadata: [:]
    )
    let isObserved = GRPCWebTracing().callStarted(info) != nil
    #expect(!isObserved)
  }
}
