internal import Foundation
internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ClientContractCase {
  /// Messages are received while the call runs.
  static let streaming: [[ClientContractCase]] = [
    .inBothModes("Messages are delivered as they are written") { client, mode in
      // Each message is written after the one before was read.
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
      let config = GRPCWebClientTransport.Config.defaults { $0.mode = mode }
      try await client.withEcho(service: service, config: config) { echo in
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
  ]

  /// Writers are suspended while the other side doesn't read.
  static let backPressure: [[ClientContractCase]] = [
    .one(
      "Requirement 26: a client that writes on is suspended while the server doesn't read",
      needs: [.streamedRequests]
    ) { client in
      let size = 64 * 1024
      let total = 4096
      let gate = Gate()
      let service = ScriptedService(onCollect: { request, _ in
        try await gate.pass()
        let count = try await request.messages.reduce(into: 0) { count, _ in count += 1 }
        return ServerResponse(message: .with { $0.text = "\(count)" })
      })
      try await client.withEcho(service: service) { echo in
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
        // With a client that streams requests the call begins; with another it fails at once.
        let outcome = Counter()
        Task {
          _ = try? await call.value
          outcome.add()
        }
        try await eventually("the call begins or ends") { written.value + outcome.value > 0 }
        let before = try await written.settled()
        #expect(before > 0)
        #expect(before < total / 4)
        gate.open()
        #expect(try await call.value.text == "\(total)")
      }
    },

    .one(
      "Requirement 26: a server that writes on is suspended while the client doesn't read",
      needs: [.responseBackPressure]
    ) { client in
      // The messages are a quarter of a GiB in all, of which the sockets hold a few MiB.
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
      try await client.withEcho(service: service) { echo in
        try await echo.expand(Sonora_Test_EchoMessage()) { response in
          var messages = response.messages.makeAsyncIterator()
          #expect(try await messages.next()?.payload.count == size)
          let before = try await written.settled()
          #expect(before < total / 4)

          // The server continues once the client reads.
          for _ in 0 ..< before + 10 {
            #expect(try await messages.next()?.payload.count == size)
          }
          #expect(await written.reaches(before + 10))
          // The client hasn't repeated the request.
          #expect(calls.value == 1)
        }
      }
    },
  ]

  /// The end of a call stops its service.
  static let endings: [[ClientContractCase]] = [
    .one("Requirement 7: a handler that takes too long is deadlineExceeded") { client in
      let service = ScriptedService(onGet: { request, _ in
        // The service sees the timeout that the client sent.
        let timeout = Array(request.metadata["grpc-timeout"])
        #expect(timeout.count == 1)
        try await Task.sleep(for: .seconds(600))
        return ServerResponse(message: request.message)
      })
      try await client.withEcho(service: service) { echo in
        var options = CallOptions.defaults
        options.timeout = .milliseconds(200)
        let error = await #expect(throws: RPCError.self) {
          try await echo.get(Sonora_Test_EchoMessage(), options: options)
        }
        #expect(error?.code == .deadlineExceeded)
      }
    },

    .one("Requirement 25: cancellation by the client stops the handler") { client in
      let stopped = Gate()
      try await client.withEcho(service: Self.endless(stopped)) { echo in
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
    },

    .one(
      "Requirement 25: a cancelled call that streams its request is cancelled, whoever notices first",
      needs: [.streamedRequests]
    ) { client in
      let started = Counter()
      let service = ScriptedService(onCollect: { request, _ in
        started.add()
        for try await _ in request.messages {}
        return ServerResponse(message: Sonora_Test_EchoMessage())
      })
      try await client.withEcho(service: service) { echo in
        // The first call shows that the client can stream requests: it fails at once otherwise.
        _ = try await echo.collect { _ in }
        for number in 2 ... 200 {
          let call = Task {
            try await echo.collect { writer in
              while true {
                try await writer.write(.with { $0.text = "x" })
                if number.isMultiple(of: 2) {
                  try await suspendUntilCancelled()
                }
              }
            }
          }
          #expect(await started.reaches(number))
          call.cancel()
          let error = await #expect(throws: RPCError.self) { try await call.value }
          #expect(error?.code == .cancelled, "\(String(describing: error))")
        }
      }
    },

    .one("A client that has read enough stops the handler") { client in
      let stopped = Gate()
      try await client.withEcho(service: Self.endless(stopped)) { echo in
        let size = try await echo.expand(Sonora_Test_EchoMessage()) { response in
          try await response.messages.first { _ in true }?.payload.count
        }
        #expect(size == 1000)
        try await stopped.pass()
      }
    },
  ]

  /// A service that writes until it is stopped, and then opens a gate.
  private static func endless(_ stopped: Gate) -> ScriptedService {
    ScriptedService(onExpand: { _, _ in
      StreamingServerResponse { writer in
        defer { stopped.open() }
        while true {
          try await writer.write(.with { $0.payload = Data(count: 1000) })
        }
      }
    })
  }
}
