internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebClientTestSupport
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ClientContractCase {
  /// Calls of all kinds.
  static let calls: [[ClientContractCase]] = [
    .inBothModes("Unary and server-streaming calls") { client, mode in
      try await client.withEcho(config: .defaults { $0.mode = mode }) { echo in
        let unary = try await echo.get(.with { $0.text = "hello" })
        #expect(unary.text == "hello")

        let expanded = try await echo.expand(.with { $0.text = "abc" }) { response in
          try await response.messages.reduce(into: []) { $0.append($1.text) }
        }
        #expect(expanded == ["a", "b", "c"])
      }
    },

    .inBothModes("Client-streaming calls", needs: [.streamedRequests]) { client, mode in
      try await client.withEcho(config: .defaults { $0.mode = mode }) { echo in
        let collected = try await echo.collect { writer in
          for text in ["x", "y", "z"] {
            try await writer.write(.with { $0.text = text })
          }
        }
        #expect(collected.text == "xyz")
      }
    },

    .one(
      "Requirement 27: bidirectional streaming is full-duplex over HTTP/1.1",
      needs: [.streamedRequests]
    ) { client in
      try await client.withEcho { echo in
        // Each message is written after the response to the one before was read.
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
    },

    .one("Many calls at once") { client in
      try await client.withEcho { echo in
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
    },

    .one("A base URL with a path") { client in
      try await withServer(services: [EchoService()], prefix: "/api/v1") { url in
        try await client.withEcho(at: "\(url)/api/v1/") { echo in
          let reply = try await echo.get(.with { $0.text = "x" })
          #expect(reply.text == "x")
        }
      }
    },
  ]
}
