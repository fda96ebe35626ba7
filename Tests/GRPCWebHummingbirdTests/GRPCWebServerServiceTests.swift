import GRPCCore
import GRPCWebHummingbird
import GRPCWebTestSupport
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Testing

/// A server among the services of an app.
@Suite(.timeLimit(.minutes(3)))
struct GRPCWebServerServiceTests {
  /// How an app answers calls.
  enum Form: String, CaseIterable, Sendable {
    case middleware
    case middlewareOnItsServer
    case inFrontOfRouter
  }

  /// What is in progress when the app is stopped.
  enum Load: String, CaseIterable, Sendable {
    case nothing
    case idleConnection
    case runningCall
    case runningStream
  }

  struct Situation: Sendable, CustomTestStringConvertible {
    var form: Form
    var load: Load
    var isService: Bool

    static let all = Form.allCases.flatMap { form in
      Load.allCases.flatMap { load in
        [true, false].map { Situation(form: form, load: load, isService: $0) }
      }
    }

    var testDescription: String {
      "\(self.form.rawValue), \(self.load.rawValue), \(self.isService ? "added" : "not added")"
    }
  }

  @Test(
    "Graceful shutdown of an app lets calls end, then stops other services, and is no fault",
    arguments: Situation.all
  )
  @available(GRPCWeb 1.0, *)
  func gracefulShutdown(_ situation: Situation) async throws {
    let started = Gate()
    let release = Gate()
    defer { release.open() }
    let events = Recorder<String>()
    let service = ScriptedService(
      onGet: { request, _ in
        if request.message.text == "wait" {
          started.open()
          try await release.pass()
          events.append("call ended")
        }
        return ServerResponse(message: request.message)
      },
      onExpand: { request, _ in
        StreamingServerResponse { writer in
          try await writer.write(request.message)
          started.open()
          try await release.pass()
          events.append("call ended")
          return [:]
        }
      }
    )
    let app = TestServiceApp(service, situation: situation, events: events)
    let running = Task { try await app.services.run() }
    defer { running.cancel() }
    try await eventually("the app listens") { !app.ports.values.isEmpty }

    let connection = try await RawConnection.connect(to: app.ports.values[0])
    #expect(try await connection.answer(try .call(texts: ["first"])).status == 0)
    switch situation.load {
    case .nothing:
      await connection.close()
    case .idleConnection:
      break
    case .runningCall:
      try await connection.send(try RawRequest.call(texts: ["wait"]))
      try await started.pass("the call runs")
    case .runningStream:
      try await connection.send(try RawRequest.call("Expand", texts: ["wait"]))
      try await started.pass("the call runs")
    }

    await app.services.triggerGracefulShutdown()
    if situation.load == .runningCall || situation.load == .runningStream {
      let isEnded = try await settled("the app", quiet: .milliseconds(100)) {
        events.values.contains("other service stopped")
      }
      #expect(!isEnded)
      release.open()
      let answer = try await connection.readResponse()
      #expect(answer.status == 0)
      #expect(try answer.texts == ["wait"])
    }
    // A service group throws an error when a service returns before it is asked to.
    try await within(defaultTimeout, "the app ends") { try await running.value }
    #expect(events.values.last == "other service stopped")
  }

  @Test("A server among an app's services runs until the app stops it, whoever else ends its calls")
  @available(GRPCWeb 1.0, *)
  func runsUntilShutdown() async throws {
    let grpcWeb = GRPCWebServer(services: [EchoService()])
    let hasReturned = Gate()
    let services = ServiceGroup(
      configuration: .init(services: [grpcWeb], logger: Logger(label: "test"))
    )
    let running = Task {
      defer { hasReturned.open() }
      try await services.run()
    }
    grpcWeb.beginGracefulShutdown()
    await grpcWeb.untilShutdown()
    let isEnded = try await settled("the service", quiet: .milliseconds(100)) {
      hasReturned.isOpen
    }
    #expect(!isEnded)
    await services.triggerGracefulShutdown()
    try await within(defaultTimeout, "the service ends") { try await running.value }
  }

  @Test("Cancellation ends calls at once, whatever the grace period")
  @available(GRPCWeb 1.0, *)
  func cancellation() async throws {
    let grpcWeb = GRPCWebServer(
      services: [EchoService()],
      config: .defaults { $0.shutdownGracePeriod = .seconds(600) }
    )
    let running = Task { try await grpcWeb.run() }
    let head = HTTPRequest(
      method: .post,
      scheme: "http",
      authority: "localhost",
      path: "/sonora.test.Echo/Collect",
      headerFields: [.contentType: "application/grpc-web"]
    )
    guard case .call(let call) = grpcWeb.route(head) else {
      Issue.record("No call.")
      return
    }
    // A body that never ends.
    let (body, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
    defer { continuation.finish() }
    let response = Task { await grpcWeb.respond(to: call, body: body) }
    running.cancel()
    try await within(defaultTimeout, "the service ends") { _ = await running.result }
    let fields = await response.value.head.headerFields
    #expect(fields.contains { $0.name.canonicalName == "grpc-status" && $0.value == "14" })
  }
}

/// An app with a server of calls and another service.
@available(GRPCWeb 1.0, *)
private struct TestServiceApp: Sendable {
  let ports = Recorder<Int>()
  let services: ServiceGroup

  init(
    _ service: some RegistrableRPCService,
    situation: GRPCWebServerServiceTests.Situation,
    events: Recorder<String>
  ) {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let grpcWeb = GRPCWebServer(services: [service], logger: logger)
    let router = Router(context: GRPCWebRequestContext.self)
    let server: HTTPServerBuilder
    switch situation.form {
    case .middleware:
      router.add(middleware: grpcWeb.middleware())
      server = .http1()
    case .middlewareOnItsServer:
      router.add(middleware: grpcWeb.middleware())
      server = .grpcWebMiddleware(grpcWeb)
    case .inFrontOfRouter:
      server = .grpcWeb(grpcWeb)
    }
    var app = Application(
      router: router,
      server: server,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { [ports] in ports.append($0.localAddress?.port ?? 0) },
      logger: logger
    )
    app.addServices(OtherService(events: events))
    if situation.isService {
      app.addServices(grpcWeb)
    }
    self.services = ServiceGroup(configuration: .init(services: [app], logger: logger))
  }
}

/// A service that notes when it is stopped.
@available(GRPCWeb 1.0, *)
private struct OtherService: Service {
  let events: Recorder<String>

  func run() async throws {
    try? await gracefulShutdown()
    self.events.append("other service stopped")
  }
}
