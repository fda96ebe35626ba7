import Foundation
import GRPCCore
import GRPCWebBlocking
import GRPCWebClientTestSupport
import GRPCWebTestSupport
import GRPCWebURLSession
import SwiftProtobuf
import Testing

@available(GRPCWeb 1.0, *)
typealias BlockingEchoClient = BlockingGRPCClient<GRPCWebClientTransport>

/// Runs a closure on a thread of its own: a test is a task, where nothing may block.
@available(GRPCWeb 1.0, *)
private func onThread<Result: Sendable>(
  _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread {
      continuation.resume(with: Swift.Result { try body() })
    }
  }
}

/// Runs an app with a service, and hands a blocking client to a closure on a thread of its own.
@available(GRPCWeb 1.0, *)
private func withBlockingClient<Result: Sendable>(
  service: any RegistrableRPCService = EchoService(),
  _ body: @escaping @Sendable (BlockingEchoClient) throws -> Result
) async throws -> Result {
  try await withServer(services: [service]) { url in
    try await onThread {
      try withBlockingGRPCClient(url: url, body)
    }
  }
}

@available(GRPCWeb 1.0, *)
extension BlockingGRPCClient {
  fileprivate var echo: Sonora_Test_Echo.Client<Transport> {
    Sonora_Test_Echo.Client(wrapping: self.grpcClient)
  }

  fileprivate func get(_ text: String, timeout: Duration? = nil) throws -> String {
    let echo = self.echo
    return try self.wait(timeout: timeout) { try await echo.get(.with { $0.text = text }).text }
  }

  fileprivate func expand(_ text: String) throws -> BlockingGRPCMessages<Sonora_Test_EchoMessage> {
    let echo = self.echo
    return try self.messages { response in
      try await echo.expand(.with { $0.text = text }, onResponse: response)
    }
  }
}

/// Calls of code that isn't asynchronous, against a Hummingbird app on loopback.
@Suite("Blocking client", .timeLimit(.minutes(3)))
struct BlockingGRPCClientTests {
  @Test("A unary call")
  @available(GRPCWeb 1.0, *)
  func unary() async throws {
    let text = try await withBlockingClient { try $0.get("hello") }
    #expect(text == "hello")
  }

  @Test("The error of a call is thrown")
  @available(GRPCWeb 1.0, *)
  func unaryError() async throws {
    let service = ScriptedService(onGet: { _, _ in
      throw RPCError(code: .notFound, message: "gone", metadata: ["x-why": "because"])
    })
    let error = await #expect(throws: RPCError.self) {
      try await withBlockingClient(service: service) { try $0.get("x") }
    }
    #expect(error?.code == .notFound)
    #expect(error?.message == "gone")
    #expect(error.map { Array($0.metadata[stringValues: "x-why"]) } == ["because"])
  }

  @Test("A stream is a sequence")
  @available(GRPCWeb 1.0, *)
  func sequence() async throws {
    let texts = try await withBlockingClient { client in
      try client.expand("abc").map { try $0.get().text }
    }
    #expect(texts == ["a", "b", "c"])
  }

  @Test("A long stream comes in order, whole")
  @available(GRPCWeb 1.0, *)
  func longStream() async throws {
    let text = String(repeating: "abcdefghij", count: 200)
    let texts = try await withBlockingClient { client in
      try client.expand(text).map { try $0.get().text }
    }
    #expect(texts.joined() == text)
  }

  @Test("An error is the last element, once")
  @available(GRPCWeb 1.0, *)
  func errorAtTheEnd() async throws {
    try await withBlockingClient(service: Self.failing) { client in
      let messages = try client.expand("")
      #expect(try messages.next()?.get().text == "one")
      let error = #expect(throws: RPCError.self) { try messages.next()?.get() }
      #expect(error?.code == .dataLoss)
      #expect(messages.next() == nil)
      #expect(messages.next() == nil)
    }
  }

  @Test("An error is thrown by next(timeout:)")
  @available(GRPCWeb 1.0, *)
  func thrownError() async throws {
    try await withBlockingClient(service: Self.failing) { client in
      let messages = try client.expand("")
      #expect(try messages.next(timeout: defaultTimeout)?.text == "one")
      let error = #expect(throws: RPCError.self) { try messages.next(timeout: defaultTimeout) }
      #expect(error?.code == .dataLoss)
      #expect(error?.message == "lost")
    }
  }

  @available(GRPCWeb 1.0, *)
  private static var failing: ScriptedService {
    ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        try await writer.write(.with { $0.text = "one" })
        throw RPCError(code: .dataLoss, message: "lost")
      }
    })
  }

  @Test("next(timeout:) gives up, and the stream goes on")
  @available(GRPCWeb 1.0, *)
  func timeoutOfNext() async throws {
    let gate = Gate()
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        try await gate.pass()
        try await writer.write(.with { $0.text = "late" })
        return [:]
      }
    })
    try await withBlockingClient(service: service) { client in
      let messages = try client.expand("")
      let error = #expect(throws: RPCError.self) { try messages.next(timeout: .milliseconds(50)) }
      #expect(error?.code == .deadlineExceeded)
      gate.open()
      #expect(try messages.next(timeout: defaultTimeout)?.text == "late")
      #expect(try messages.next(timeout: defaultTimeout) == nil)
      #expect(try messages.next(timeout: nil) == nil)
    }
  }

  @Test("wait(timeout:) gives up, and cancels the operation")
  @available(GRPCWeb 1.0, *)
  func timeoutOfWait() async throws {
    try await withBlockingClient { client in
      let cancelled = Counter()
      let error = #expect(throws: RPCError.self) {
        try client.wait(timeout: .milliseconds(50)) {
          do {
            try await Task.sleep(for: .seconds(600))
          } catch {
            cancelled.add()
          }
        }
      }
      #expect(error?.code == .deadlineExceeded)
      let isCancelled = try client.wait { await cancelled.reaches(1) }
      #expect(isCancelled)
    }
  }

  @Test("Timeouts too long for a clock are none")
  @available(GRPCWeb 1.0, *)
  func endlessTimeout() async throws {
    try await withBlockingClient { client in
      #expect(try client.get("x", timeout: .seconds(Int64.max)) == "x")
      let messages = try client.expand("a")
      #expect(try messages.next(timeout: .seconds(Int64.max))?.text == "a")
    }
  }

  @Test("Metadata, and trailing metadata when all has been read")
  @available(GRPCWeb 1.0, *)
  func metadata() async throws {
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse(metadata: ["x-first": "1"]) { writer in
        try await writer.write(.with { $0.text = "message" })
        return ["x-last": "2"]
      }
    })
    try await withBlockingClient(service: service) { client in
      let messages = try client.expand("")
      #expect(try Array(messages.metadata()[stringValues: "x-first"]) == ["1"])
      #expect(try messages.next()?.get().text == "message")
      #expect(messages.next() == nil)
      #expect(Array(messages.trailingMetadata[stringValues: "x-last"]) == ["2"])
      #expect(try Array(messages.metadata()[stringValues: "x-first"]) == ["1"])
    }
  }

  @Test("Metadata of a call that failed before there was any is its error")
  @available(GRPCWeb 1.0, *)
  func noMetadata() async throws {
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse(error: RPCError(code: .aborted, message: "no"))
    })
    try await withBlockingClient(service: service) { client in
      let messages = try client.expand("")
      let error = #expect(throws: RPCError.self) { try messages.metadata() }
      #expect(error?.code == .aborted)
    }
  }

  @Test("Close ends what runs, and further calls fail")
  @available(GRPCWeb 1.0, *)
  func close() async throws {
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        while true {
          try await writer.write(.with { $0.text = "more" })
        }
      }
    })
    try await withBlockingClient(service: service) { client in
      let messages = try client.expand("")
      #expect(try messages.next()?.get().text == "more")
      client.close()
      client.close()

      let error = #expect(throws: RPCError.self) {
        while try messages.next(timeout: defaultTimeout) != nil {}
      }
      #expect(error?.code == .unavailable)
      #expect(throws: (any Error).self) { try client.get("x") }
    }
  }

  @Test("A closure's error closes the client, and is thrown")
  @available(GRPCWeb 1.0, *)
  func closureError() async throws {
    await #expect(throws: CocoaError.self) {
      try await withBlockingClient { _ in throw CocoaError(.fileNoSuchFile) }
    }
  }

  @Test("Many threads at once")
  @available(GRPCWeb 1.0, *)
  func threads() async throws {
    try await withServer(services: [EchoService()]) { url in
      let transport = try GRPCWebClientTransport(url: url, httpClient: GRPCWebURLSessionAdapter())
      let client = try await onThread { BlockingGRPCClient(transport: transport) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0 ..< 64 {
          group.addTask {
            try await onThread {
              let text = try client.get("\(number)")
              #expect(text == "\(number)")
              let texts = try client.expand("xyz").map { try $0.get().text }
              #expect(texts == ["x", "y", "z"])
            }
          }
        }
        try await group.waitForAll()
      }
      try await onThread { client.close() }
    }
  }

  @Test("Several threads read one stream: each message once, and all see its end")
  @available(GRPCWeb 1.0, *)
  func sharedMessages() async throws {
    let gate = Gate()
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        try await gate.pass()
        for _ in 0 ..< 100 {
          try await writer.write(.with { $0.text = "x" })
        }
        return [:]
      }
    })
    try await withServer(services: [service]) { url in
      let transport = try GRPCWebClientTransport(url: url, httpClient: GRPCWebURLSessionAdapter())
      let client = try await onThread { BlockingGRPCClient(transport: transport) }
      let messages = try await onThread { try client.expand("") }
      let waiting = Counter()
      let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0 ..< 8 {
          group.addTask {
            try await onThread {
              waiting.add()
              var count = 0
              while try messages.next(timeout: defaultTimeout) != nil {
                count += 1
              }
              return count
            }
          }
        }
        #expect(await waiting.reaches(8))
        gate.open()
        return try await group.reduce(0, +)
      }
      #expect(total == 100)
      try await onThread { client.close() }
    }
  }

  @Test("Letting go of the messages cancels the call")
  @available(GRPCWeb 1.0, *)
  func lettingGo() async throws {
    let stopped = Gate()
    try await withBlockingClient(service: Self.endless(stopped)) { client in
      var messages: BlockingGRPCMessages<Sonora_Test_EchoMessage>? = try client.expand("")
      #expect(try messages?.next(timeout: defaultTimeout)?.text == "more")
      messages = nil
      try client.wait(timeout: defaultTimeout) { try await stopped.pass() }
    }
  }

  @Test("Messages can be cancelled")
  @available(GRPCWeb 1.0, *)
  func cancel() async throws {
    let stopped = Gate()
    try await withBlockingClient(service: Self.endless(stopped)) { client in
      let messages = try client.expand("")
      #expect(try messages.next(timeout: defaultTimeout)?.text == "more")
      messages.cancel()
      #expect(throws: (any Error).self) {
        while try messages.next(timeout: defaultTimeout) != nil {}
      }
      try client.wait(timeout: defaultTimeout) { try await stopped.pass() }
    }
  }

  @available(GRPCWeb 1.0, *)
  private static func endless(_ stopped: Gate) -> ScriptedService {
    ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        defer { stopped.open() }
        while true {
          try await writer.write(.with { $0.text = "more" })
        }
      }
    })
  }

  @Test("Requirement 26: the server is slowed down when nobody reads")
  @available(GRPCWeb 1.0, *)
  func backPressure() async throws {
    let total = 4096
    let written = Counter()
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        let message = Sonora_Test_EchoMessage.with { $0.payload = Data(count: 64 * 1024) }
        for _ in 0 ..< total {
          try await writer.write(message)
          written.add()
        }
        return [:]
      }
    })
    try await withBlockingClient(service: service) { client in
      let messages = try client.expand("")
      #expect(try messages.next(timeout: defaultTimeout)?.payload.count == 64 * 1024)
      let settled = try client.wait { try await written.settled() }
      #expect(settled < total / 4)
    }
  }

  // Where the compiler can't see that a task calls.
  @available(GRPCWeb 1.0, *)
  private static func use(_ url: String) throws {
    try withBlockingGRPCClient(url: url) { _ in _ = Issue.record("A task may not block.") }
  }

  @available(GRPCWeb 1.0, *)
  private static func wait(_ client: BlockingEchoClient) throws {
    try client.wait { _ = Issue.record("A task may not block.") }
  }

  @available(GRPCWeb 1.0, *)
  private static func read(_ client: BlockingEchoClient) throws {
    _ = try client.expand("x")
  }

  @Test("In a task, it fails")
  @available(GRPCWeb 1.0, *)
  func inTask() async throws {
    let transport = try GRPCWebClientTransport(
      url: "http://localhost",
      httpClient: GRPCWebURLSessionAdapter()
    )
    let client = try await onThread { BlockingGRPCClient(transport: transport) }
    for use in [
      { try Self.use("http://localhost") }, { try Self.wait(client) }, { try Self.read(client) },
    ] {
      let error = #expect(throws: RPCError.self) { try use() }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains("task") == true)
    }
    try await onThread { client.close() }
  }

  @Test("A URL that isn't HTTP's is invalidArgument")
  @available(GRPCWeb 1.0, *)
  func invalidURL() async throws {
    let error = await #expect(throws: RPCError.self) {
      try await onThread { try withBlockingGRPCClient(url: "ftp://host") { _ in } }
    }
    #expect(error?.code == .invalidArgument)
  }
}
