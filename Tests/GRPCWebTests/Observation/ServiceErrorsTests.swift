import GRPCCore
import GRPCWebTestSupport
import Logging
import Testing

@testable import GRPCWeb

@Suite("Errors of services", .timeLimit(.minutes(3)))
struct ServiceErrorsTests {
  private struct Failure: Error, CustomStringConvertible {
    var description: String {
      "the cause"
    }
  }

  /// Lets every call pass.
  @available(GRPCWeb 1.0, *)
  private struct Passing: ServerInterceptor {
    func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingServerRequest<Input>,
      context: ServerContext,
      next:
        @Sendable (
          _ request: StreamingServerRequest<Input>,
          _ context: ServerContext
        ) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
      try await next(request, context)
    }
  }

  @Test("The cause is logged from behind other interceptors, too", arguments: [0, 1, 3])
  @available(GRPCWeb 1.0, *)
  func interceptors(_ count: Int) async throws {
    let log = CapturingLogHandler()
    let server = GRPCWebServer(
      services: [ScriptedService(onGet: { _, _ in throw Failure() })],
      interceptors: Array(repeating: Passing(), count: count),
      logger: log.logger
    )
    let answer = try await server.answer(TestCall(), texts: "hello")
    #expect(answer.status == Status.Code.unknown.rawValue)
    #expect(answer.statusMessage == GRPCWebServiceErrors.message)
    try await eventually("the error is logged") {
      log.entries.values.contains { $0.level == .error && $0.metadata["error"] == "the cause" }
    }
    #expect(log.entries.values.count == 1)
  }

  @Test("An error of a service whose client has gone is no surprise")
  @available(GRPCWeb 1.0, *)
  func cancelled() async throws {
    let log = CapturingLogHandler()
    let returned = Gate()
    let server = GRPCWebServer(
      services: [
        ScriptedService(onGet: { request, _ in
          defer { returned.open() }
          try await suspendUntilCancelled()
          return ServerResponse(message: request.message)
        })
      ],
      logger: log.logger
    )
    let answer = try await server.answer(
      TestCall(fields: [("grpc-timeout", "50m")]),
      texts: "hello"
    )
    #expect(answer.status == Status.Code.deadlineExceeded.rawValue)
    try await returned.pass("the service returns")
    server.beginGracefulShutdown()
    await server.untilShutdown()
    #expect(log.entries.values.map(\.level) == [.debug])
  }

  @Test("Nothing is installed where errors wouldn't be logged")
  @available(GRPCWeb 1.0, *)
  func off() {
    var quiet = CapturingLogHandler().logger
    quiet.logLevel = .critical
    let off = GRPCWebServer.Config.defaults { $0.errorLogging.unexpectedError = nil }
    let loud = CapturingLogHandler().logger
    #expect(GRPCWebServiceErrors.before([], config: .defaults, logger: quiet).isEmpty)
    #expect(GRPCWebServiceErrors.before([], config: off, logger: loud).isEmpty)
    #expect(GRPCWebServiceErrors.before([], config: .defaults, logger: loud).count == 1)
  }

  @Test("What the framework calls a request is in the log, where there is an observer to be told")
  @available(GRPCWeb 1.0, *)
  func requestID() async throws {
    let log = CapturingLogHandler()
    let server = GRPCWebServer(
      services: [ScriptedService(onGet: { _, _ in throw Failure() })],
      config: .defaults { $0.observer = RecordingObserver() },
      logger: log.logger
    )
    _ = try await server.answer(TestCall(), texts: "hello")
    try await eventually("the error is logged") {
      log.entries.values.contains { $0.metadata["request.id"] == "test-request" }
    }
  }
}
