import Foundation
import GRPCCore
import GRPCWebClientTestSupport
import GRPCWebTestSupport
import GRPCWebURLSession
import SwiftProtobuf
import Testing

/// Stock generated stubs over URLSession, against a Hummingbird app on loopback.
@Suite("Round trips, URLSession", .timeLimit(.minutes(3)))
struct RoundTripTests {
  @Test("Unary and server-streaming calls", arguments: [BodyMode.binary, .text])
  @available(GRPCWeb 1.0, *)
  func kinds(mode: BodyMode) async throws {
    try await withEchoClient(configuration: .defaults { $0.mode = mode }) { echo in
      let unary = try await echo.get(.with { $0.text = "hello" })
      #expect(unary.text == "hello")

      let expanded = try await echo.expand(.with { $0.text = "abc" }) { response in
        try await response.messages.reduce(into: []) { $0.append($1.text) }
      }
      #expect(expanded == ["a", "b", "c"])
    }
  }

  @Test("Requirement 27: calls whose client streams are unimplemented, and say why")
  @available(GRPCWeb 1.0, *)
  func streamedRequests() async throws {
    try await withEchoClient { echo in
      // A call that works, so that the client runs.
      _ = try await echo.get(Sonora_Test_EchoMessage())

      let collected = await #expect(throws: RPCError.self) {
        try await echo.collect { _ in Issue.record("There is nowhere to write.") }
      }
      #expect(collected?.code == .unimplemented)
      #expect(collected?.message.contains("sonora.test.Echo/Collect") == true)
      #expect(collected?.message.contains("streamed") == true)

      let updated = await #expect(throws: RPCError.self) {
        try await echo.update { _ in
        } onResponse: { response in
          for try await _ in response.messages {}
        }
      }
      #expect(updated?.code == .unimplemented)
    }
  }

  @Test("Messages are delivered as they are written", arguments: [BodyMode.binary, .text])
  @available(GRPCWeb 1.0, *)
  func progressive(mode: BodyMode) async throws {
    // The second message is written when the first has been read, and the third then.
    let (reads, read) = AsyncStream.makeStream(of: Void.self)
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        var reads = reads.makeAsyncIterator()
        for text in ["first", "second", "third"] {
          try await writer.write(.with { $0.text = text })
          await reads.next()
        }
        return [:]
      }
    })
    let client = GRPCWebClientConfiguration.defaults { $0.mode = mode }
    try await withEchoClient(service: service, configuration: client) { echo in
      let texts = try await echo.expand(Sonora_Test_EchoMessage()) { response in
        var texts: [String] = []
        for try await message in response.messages {
          texts.append(message.text)
          read.yield()
        }
        return texts
      }
      #expect(texts == ["first", "second", "third"])
    }
  }

  @Test("Initial metadata is there before the first message")
  @available(GRPCWeb 1.0, *)
  func metadataFirst() async throws {
    let gate = Gate()
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse(metadata: ["x-early": "1"]) { writer in
        try await gate.pass()
        try await writer.write(.with { $0.text = "late" })
        return [:]
      }
    })
    try await withEchoClient(service: service) { echo in
      try await echo.expand(Sonora_Test_EchoMessage()) { response in
        #expect(Array(response.metadata["x-early"]) == ["1"])
        gate.open()
        let count = try await response.messages.reduce(into: 0) { count, _ in count += 1 }
        #expect(count == 1)
      }
    }
  }

  @Test("Requirement 8: metadata of all sorts, there and back")
  @available(GRPCWeb 1.0, *)
  func metadata() async throws {
    let service = ScriptedService(onGet: { request, _ in
      var metadata = Metadata()
      for value in request.metadata[stringValues: "x-text"] {
        metadata.addString(value, forKey: "x-text")
      }
      for value in request.metadata[binaryValues: "x-data-bin"] {
        metadata.addBinary(value, forKey: "x-data-bin")
      }
      return ServerResponse(
        message: request.message,
        metadata: metadata,
        trailingMetadata: ["x-trailing": "t, u", "x-trailing": "v", "x-last-bin": .binary([255])]
      )
    })
    try await withEchoClient(service: service) { echo in
      var metadata: Metadata = ["x-text": "a b"]
      metadata.addBinary([0, 1, 250], forKey: "x-data-bin")
      metadata.addBinary([], forKey: "x-data-bin")
      metadata.addBinary([7], forKey: "x-data-bin")
      try await echo.get(Sonora_Test_EchoMessage(), metadata: metadata) { response in
        #expect(Array(response.metadata[stringValues: "x-text"]) == ["a b"])
        #expect(Array(response.metadata[binaryValues: "x-data-bin"]) == [[0, 1, 250], [], [7]])
        #expect(Array(response.trailingMetadata[stringValues: "x-trailing"]) == ["t, u", "v"])
        #expect(Array(response.trailingMetadata[binaryValues: "x-last-bin"]) == [[255]])
        #expect(response.metadata["x-trailing"].first(where: { _ in true }) == nil)
      }
    }
  }

  @Test(
    "Requirements 13 and 16: an error with details, wherever the status stands",
    arguments: [GRPCWebServerConfiguration.ErrorPlacement.headers, .body],
    [BodyMode.binary, .text]
  )
  @available(GRPCWeb 1.0, *)
  func errorDetails(
    placement: GRPCWebServerConfiguration.ErrorPlacement,
    mode: BodyMode
  ) async throws {
    let service = ScriptedService(onGet: { _, _ in
      throw RPCError(
        code: .aborted,
        message: "50 % l\u{e4}uft\n\u{1f6d1}",
        metadata: ["grpc-status-details-bin": .binary([1, 2, 3]), "x-reason": "why"]
      )
    })
    try await withEchoClient(
      service: service,
      server: .defaults { $0.errorPlacement = placement },
      configuration: .defaults { $0.mode = mode }
    ) { echo in
      let error = await #expect(throws: RPCError.self) {
        try await echo.get(Sonora_Test_EchoMessage())
      }
      #expect(error?.code == .aborted)
      #expect(error?.message == "50 % l\u{e4}uft\n\u{1f6d1}")
      let details = error.map { Array($0.metadata[binaryValues: "grpc-status-details-bin"]) }
      #expect(details == [[1, 2, 3]])
      #expect(error.map { Array($0.metadata[stringValues: "x-reason"]) } == ["why"])
    }
  }

  @Test("Requirement 14: an error after messages of a stream comes after them")
  @available(GRPCWeb 1.0, *)
  func errorInMidStream() async throws {
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        try await writer.write(.with { $0.text = "one" })
        throw RPCError(code: .dataLoss, message: "then lost")
      }
    })
    try await withEchoClient(service: service) { echo in
      let counter = Counter()
      let error = await #expect(throws: RPCError.self) {
        try await echo.expand(Sonora_Test_EchoMessage()) { response in
          for try await message in response.messages {
            #expect(message.text == "one")
            counter.add()
          }
        }
      }
      #expect(counter.value == 1)
      #expect(error?.code == .dataLoss)
      #expect(error?.message == "then lost")
    }
  }

  @Test(
    "Requirement 18: compression in both directions",
    arguments: [CompressionAlgorithm.gzip, .deflate],
    [BodyMode.binary, .text]
  )
  @available(GRPCWeb 1.0, *)
  func compression(algorithm: CompressionAlgorithm, mode: BodyMode) async throws {
    let text = String(repeating: "shrinks ", count: 20_000)
    try await withEchoClient(
      server: .defaults { $0.compression = .enabled },
      configuration: .defaults {
        $0.mode = mode
        $0.compression = algorithm
      }
    ) { echo in
      let reply = try await echo.get(.with { $0.text = text })
      #expect(reply.text == text)
      let second = try await echo.get(.with { $0.text = "" })
      #expect(second.text == "")

      var options = CallOptions.defaults
      options.compression = CompressionAlgorithm.none
      let third = try await echo.get(.with { $0.text = text }, options: options)
      #expect(third.text == text)
    }
  }

  @Test(
    "Messages of 3 MiB in both directions",
    arguments: [BodyMode.binary, .text]
  )
  @available(GRPCWeb 1.0, *)
  func largeMessages(mode: BodyMode) async throws {
    try await withEchoClient(configuration: .defaults { $0.mode = mode }) { echo in
      let text = String(repeating: "x", count: 3 * 1024 * 1024)
      let reply = try await echo.get(.with { $0.text = text })
      #expect(reply.text == text)
    }
  }

  @Test("Requirement 19: a message over the limit is resourceExhausted, and the next call works")
  @available(GRPCWeb 1.0, *)
  func limits() async throws {
    try await withEchoClient(
      configuration: .defaults {
        $0.maximumResponseMessageSize = 1000
        $0.maximumRequestMessageSize = 2000
      }
    ) { echo in
      for size in [1500, 2500] {
        let error = await #expect(throws: RPCError.self) {
          try await echo.get(.with { $0.text = String(repeating: "x", count: size) })
        }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message.contains(size < 2000 ? "1000" : "2000") == true)
      }

      var options = CallOptions.defaults
      options.maxResponseMessageBytes = 2000
      let text = String(repeating: "x", count: 1500)
      let reply = try await echo.get(.with { $0.text = text }, options: options)
      #expect(reply.text == text)
    }
  }

  @Test("Requirement 7: a handler that takes too long is deadlineExceeded")
  @available(GRPCWeb 1.0, *)
  func deadline() async throws {
    let service = ScriptedService(onGet: { request, _ in
      // The time that the client sends is the server's to see.
      let timeout = Array(request.metadata["grpc-timeout"])
      #expect(timeout.count == 1)
      try await Task.sleep(for: .seconds(600))
      return ServerResponse(message: request.message)
    })
    try await withEchoClient(service: service) { echo in
      var options = CallOptions.defaults
      options.timeout = .milliseconds(200)
      let error = await #expect(throws: RPCError.self) {
        try await echo.get(Sonora_Test_EchoMessage(), options: options)
      }
      #expect(error?.code == .deadlineExceeded)
    }
  }

  #if canImport(FoundationNetworking)
  @Test("Requirement 26: what isn't read is bounded where the server can't be slowed down")
  @available(GRPCWeb 1.0, *)
  func unreadBound() async throws {
    let stopped = Gate()
    let calls = Counter()
    let service = ScriptedService(onExpand: { _, _ in
      calls.add()
      return StreamingServerResponse { writer in
        defer { stopped.open() }
        let message = Sonora_Test_EchoMessage.with { $0.payload = Data(count: 64 * 1024) }
        // A quarter of a GiB in all.
        for _ in 0 ..< 4096 {
          try await writer.write(message)
        }
        return [:]
      }
    })
    try await withEchoClient(service: service) { echo in
      let error = await #expect(throws: RPCError.self) {
        try await echo.expand(Sonora_Test_EchoMessage()) { response in
          var messages = response.messages.makeAsyncIterator()
          _ = try await messages.next()
          try await stopped.pass()
          while try await messages.next() != nil {}
        }
      }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message.contains("16777216 bytes") == true)
      #expect(calls.value == 1)
    }
  }
  #else
  @Test("Requirement 26: a server that writes on is suspended while the client doesn't read")
  @available(GRPCWeb 1.0, *)
  func backPressure() async throws {
    // A quarter of a GiB in all; the sockets hold a few MiB of it.
    let size = 64 * 1024
    let total = 4096
    let written = Counter()
    let calls = Counter()
    let service = ScriptedService(onExpand: { _, _ in
      calls.add()
      return StreamingServerResponse { writer in
        let message = Sonora_Test_EchoMessage.with { $0.payload = Data(count: size) }
        for _ in 0 ..< total {
          try await writer.write(message)
          written.add()
        }
        return [:]
      }
    })
    try await withEchoClient(service: service) { echo in
      try await echo.expand(Sonora_Test_EchoMessage()) { response in
        var messages = response.messages.makeAsyncIterator()
        #expect(try await messages.next()?.payload.count == size)
        let before = try await written.settled()
        #expect(before < total / 4)

        // And it goes on as soon as somebody reads.
        for _ in 0 ..< before + 10 {
          #expect(try await messages.next()?.payload.count == size)
        }
        #expect(await written.reaches(before + 10))
        // The request isn't made again.
        #expect(calls.value == 1)
      }
    }
  }
  #endif

  @Test("Requirement 25: cancellation by the client stops the handler")
  @available(GRPCWeb 1.0, *)
  func cancellation() async throws {
    let stopped = Gate()
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        defer { stopped.open() }
        while true {
          try await writer.write(.with { $0.payload = Data(count: 1000) })
        }
      }
    })
    try await withEchoClient(service: service) { echo in
      let reading = Gate()
      let call = Task {
        try await echo.expand(Sonora_Test_EchoMessage()) { response in
          for try await _ in response.messages {
            reading.open()
          }
        }
      }
      try await reading.pass()
      call.cancel()
      await #expect(throws: (any Error).self) { try await call.value }
      try await stopped.pass()
    }
  }

  @Test("A client that has read enough stops the handler")
  @available(GRPCWeb 1.0, *)
  func abandonment() async throws {
    let stopped = Gate()
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        defer { stopped.open() }
        while true {
          try await writer.write(.with { $0.payload = Data(count: 1000) })
        }
      }
    })
    try await withEchoClient(service: service) { echo in
      let size = try await echo.expand(Sonora_Test_EchoMessage()) { response in
        try await response.messages.first { _ in true }?.payload.count
      }
      #expect(size == 1000)
      try await stopped.pass()
    }
  }

  @Test("Many calls at once")
  @available(GRPCWeb 1.0, *)
  func concurrentCalls() async throws {
    try await withEchoClient { echo in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0 ..< 200 {
          group.addTask {
            let reply = try await echo.get(.with { $0.text = "\(number)" })
            #expect(reply.text == "\(number)")
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("A base URL with a path")
  @available(GRPCWeb 1.0, *)
  func prefix() async throws {
    try await withServer(services: [EchoService()], prefix: "/api/v1") { url in
      try await withGRPCClient(
        transport: .grpcWebURLSession(url: "\(url)/api/v1/")
      ) { client in
        let echo = Sonora_Test_Echo.Client(wrapping: client)
        let reply = try await echo.get(.with { $0.text = "x" })
        #expect(reply.text == "x")
      }
    }
  }
}
