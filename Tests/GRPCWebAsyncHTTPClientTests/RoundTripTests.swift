import AsyncHTTPClient
import Foundation
import GRPCCore
import GRPCWebAsyncHTTPClient
import GRPCWebClientTestSupport
import GRPCWebTestSupport
import SwiftProtobuf
import Testing

/// Stock generated stubs over AsyncHTTPClient, against a Hummingbird app on loopback.
@Suite("Round trips, AsyncHTTPClient", .timeLimit(.minutes(3)))
struct RoundTripTests {
  @Test("All four kinds of RPC", arguments: [BodyMode.binary, .text])
  @available(GRPCWeb 1.0, *)
  func allKinds(mode: BodyMode) async throws {
    try await withEchoClient(configuration: .defaults { $0.mode = mode }) { echo in
      let unary = try await echo.get(.with { $0.text = "hello" })
      #expect(unary.text == "hello")

      let expanded = try await echo.expand(.with { $0.text = "abc" }) { response in
        try await response.messages.reduce(into: []) { $0.append($1.text) }
      }
      #expect(expanded == ["a", "b", "c"])

      let collected = try await echo.collect { writer in
        for text in ["x", "y", "z"] {
          try await writer.write(.with { $0.text = text })
        }
      }
      #expect(collected.text == "xyz")
    }
  }

  @Test("Requirement 27: bidirectional streaming is full-duplex over HTTP/1.1")
  @available(GRPCWeb 1.0, *)
  func fullDuplex() async throws {
    try await withEchoClient { echo in
      // Each message is written only when the answer to the one before has been read.
      let (answers, answered) = AsyncStream.makeStream(of: String.self)
      try await echo.update { writer in
        var answers = answers.makeAsyncIterator()
        for round in 0 ..< 5 {
          try await writer.write(.with { $0.text = "\(round)" })
          #expect(await answers.next() == "\(round)")
        }
      } onResponse: { response in
        for try await message in response.messages {
          answered.yield(message.text)
        }
      }
    }
  }

  @Test("Requirement 26: a client that writes on is suspended while the server doesn't read")
  @available(GRPCWeb 1.0, *)
  func requestBackPressure() async throws {
    let size = 64 * 1024
    let total = 4096
    let gate = Gate()
    let service = ScriptedService(onCollect: { request, _ in
      try await gate.pass()
      let count = try await request.messages.reduce(into: 0) { count, _ in count += 1 }
      return ServerResponse(message: .with { $0.text = "\(count)" })
    })
    try await withEchoClient(service: service) { echo in
      let written = Counter()
      let call = Task {
        try await echo.collect { writer in
          let message = Sonora_Test_EchoMessage.with { $0.payload = Data(count: size) }
          for _ in 0 ..< total {
            try await writer.write(message)
            written.add()
          }
        }
      }
      let before = try await written.settled()
      #expect(before > 0)
      #expect(before < total / 4)
      gate.open()
      #expect(try await call.value.text == "\(total)")
    }
  }

  @Test("A caller's own HTTP client makes the calls, and stays theirs to shut down")
  @available(GRPCWeb 1.0, *)
  func ownHTTPClient() async throws {
    try await withServer(services: [EchoService()]) { url in
      let httpClient = HTTPClient()
      for _ in 0 ..< 2 {
        try await withGRPCClient(
          transport: .grpcWebAsyncHTTPClient(url: url, httpClient: httpClient)
        ) { client in
          let echo = Sonora_Test_Echo.Client(wrapping: client)
          let reply = try await echo.get(.with { $0.text = "x" })
          #expect(reply.text == "x")
        }
      }
      try await httpClient.shutdown()
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

  @Test("Messages of 3 MiB in both directions", arguments: [BodyMode.binary, .text])
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

  @Test("Requirement 26: a server that writes on is suspended while the client doesn't read")
  @available(GRPCWeb 1.0, *)
  func backPressure() async throws {
    // A quarter of a GiB in all; the sockets hold a few MiB of it.
    let size = 64 * 1024
    let total = 4096
    let written = Counter()
    let service = ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
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
      }
    }
  }

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
        transport: .grpcWebAsyncHTTPClient(url: "\(url)/api/v1/")
      ) { client in
        let echo = Sonora_Test_Echo.Client(wrapping: client)
        let reply = try await echo.get(.with { $0.text = "x" })
        #expect(reply.text == "x")
      }
    }
  }
}
