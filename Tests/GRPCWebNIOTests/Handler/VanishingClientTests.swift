import GRPCCore
import GRPCWeb
import GRPCWebNIO
import GRPCWebTestSupport
import NIOHTTPTypes
import SwiftProtobuf
import Testing

/// Clients that go away while their call runs, over real connections.
@Suite(.timeLimit(.minutes(5)))
struct VanishingClientTests {
  /// How a client goes away.
  enum Departure: String, CaseIterable {
    /// The client closes the connection.
    case close
    /// The client resets the connection.
    case reset
    /// The client resets the HTTP/2 stream and keeps the connection.
    case streamReset
  }

  @Test(
    "Requirement 25: a client of HTTP/1.1 that goes away cancels its handler, whatever that does",
    arguments: [
      (TestServer.TestedAdapter.transport, Departure.close), (.transport, .reset),
      (.hummingbird, .close), (.hummingbird, .reset),
    ],
    WaitingService.Activity.allCases
  )
  @available(GRPCWeb 1.0, *)
  func http1(
    way: (adapter: TestServer.TestedAdapter, departure: Departure),
    activity: WaitingService.Activity
  ) async throws {
    let service = WaitingService()
    try await TestServer.run(service.service, adapter: way.adapter) { server in
      let connection = try await server.connect()
      let request = try RawRequest.call(activity.method, texts: [""])
      try await connection.send(activity == .reads ? request.framed(.unfinished) : request)
      try await service.isRunning.pass()
      if activity == .writes {
        _ = try await connection.peekResponse { !$0.frames.isEmpty }
      }

      if way.departure == .close {
        await connection.close()
      } else {
        try await connection.reset()
      }
      try await service.expectCancellation("\(way) \(activity)")
      if activity == .sleeps {
        #expect(service.isTaskCancelled.isOpen)
        #expect(service.isHandleCancelled.isOpen)
      }
    }
  }

  @Test(
    "Requirement 25: a client of HTTP/2 that goes away cancels its handler, whatever that does",
    arguments: [
      (TestServer.TestedAdapter.transport, Departure.close), (.transport, .reset),
      (.transport, .streamReset), (.hummingbird, .close), (.hummingbird, .reset),
      (.hummingbird, .streamReset),
    ],
    WaitingService.Activity.allCases
  )
  @available(GRPCWeb 1.0, *)
  func http2(
    way: (adapter: TestServer.TestedAdapter, departure: Departure),
    activity: WaitingService.Activity
  ) async throws {
    let service = WaitingService()
    try await TestServer.run(service.service, adapter: way.adapter, isHTTP2: true) { server in
      let connection = try await server.connectHTTP2()
      let stream = try await connection.open(.call(activity.method))
      try await stream.send(TestFrame(EchoMessage()).bytes)
      if activity != .reads {
        try await stream.send(.end(nil))
      }
      try await service.isRunning.pass()
      if activity == .writes {
        try await stream.peekResponse { !$0.frames.isEmpty }
      }

      switch way.departure {
      case .close:
        await connection.close()
      case .reset:
        try await connection.reset()
      case .streamReset:
        await stream.reset()
      }
      try await service.expectCancellation("\(way) \(activity)")
      if activity == .sleeps {
        #expect(service.isTaskCancelled.isOpen)
        #expect(service.isHandleCancelled.isOpen)
      }

      if way.departure == .streamReset {
        // The connection still works.
        let response = try await connection.answer(
          .call("Update"),
          body: TestFrame(EchoMessage.with { $0.text = "next" }).bytes
        )
        #expect(try response.answer.texts == ["next"])
        await connection.close()
      }
    }
  }

  @Test(
    "Requirement 25: a client that goes away while its request isn't read, or it doesn't read",
    arguments: TestServer.TestedAdapter.allCases,
    [Departure.close, .reset]
  )
  @available(GRPCWeb 1.0, *)
  func stalled(adapter: TestServer.TestedAdapter, departure: Departure) async throws {
    let service = WaitingService()
    try await TestServer.run(service.service, adapter: adapter) { server in
      let connection = try await server.connect(isReading: false)
      let request = try RawRequest.call("Expand", texts: [""])
      // Requests wait behind the call, so that nothing more is read.
      try await connection.send(request.bytes + request.bytes)
      try await service.isRunning.pass()
      if departure == .close {
        await connection.close()
      } else {
        try await connection.reset()
      }
      try await service.expectCancellation("\(adapter) \(departure)")
    }
  }

  @Test("A connection is kept after its calls", arguments: TestServer.TestedAdapter.allCases)
  @available(GRPCWeb 1.0, *)
  func keepsConnection(adapter: TestServer.TestedAdapter) async throws {
    try await TestServer.run(adapter: adapter) { server in
      let connection = try await server.connect()
      for _ in 0 ..< 5 {
        try await server.expectGoodCall(on: connection)
        let answer = try await connection.answer(try .call("Expand", texts: ["abc"]))
        #expect(try answer.texts == ["a", "b", "c"])
      }
      #expect(!connection.isClosedByServer)
      await connection.close()
    }
  }
}

extension WaitingService.Activity {
  /// The method whose handler does so.
  var method: String {
    switch self {
    case .sleeps: "Get"
    case .reads: "Collect"
    case .writes: "Expand"
    }
  }
}

@available(GRPCWeb 1.0, *)
extension WaitingService {
  /// Waits until the handler is cancelled, by both means.
  ///
  /// A handler that reads or writes may end before, with the error of its read or write.
  func expectCancellation(_ what: String) async throws {
    try await eventually("the handler is cancelled: \(what)") {
      self.isTaskCancelled.isOpen && self.isHandleCancelled.isOpen || self.hasEnded.isOpen
    }
    try await self.hasEnded.pass("the handler ends: \(what)")
  }
}
