internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ClientContractCase {
  /// Metadata of a call.
  static let metadata: [[ClientContractCase]] = [
    .one("Initial metadata is there before the first message") { client in
      let gate = Gate()
      let service = ScriptedService(onExpand: { _, _ in
        StreamingServerResponse(metadata: ["x-early": "1"]) { writer in
          try await gate.pass()
          try await writer.write(.with { $0.text = "late" })
          return [:]
        }
      })
      try await client.withEcho(service: service) { echo in
        try await echo.expand(Sonora_Test_EchoMessage()) { response in
          #expect(Array(response.metadata["x-early"]) == ["1"])
          gate.open()
          let count = try await response.messages.reduce(into: 0) { count, _ in count += 1 }
          #expect(count == 1)
        }
      }
    },

    .one("Requirement 8: metadata of all sorts, there and back") { client in
      let service = ScriptedService(onGet: { request, _ in
        var metadata = Metadata()
        for value in request.metadata[stringValues: "x-text"] {
          metadata.addString(value, forKey: "x-text")
        }
        for key in ["x-data-bin", "x-empty-bin"] {
          for value in request.metadata[binaryValues: key] {
            metadata.addBinary(value, forKey: key)
          }
        }
        return ServerResponse(
          message: request.message,
          metadata: metadata,
          trailingMetadata: ["x-trailing": "t, u", "x-trailing": "v", "x-last-bin": .binary([255])]
        )
      })
      try await client.withEcho(service: service) { echo in
        var metadata: Metadata = ["x-text": "a b"]
        metadata.addBinary([0, 1, 250], forKey: "x-data-bin")
        metadata.addBinary([7], forKey: "x-data-bin")
        // The empty value has a key of its own: some HTTP clients merge repeated fields into a
        // list, in which an empty element is no value.
        metadata.addBinary([], forKey: "x-empty-bin")
        try await echo.get(Sonora_Test_EchoMessage(), metadata: metadata) { response in
          #expect(Array(response.metadata[stringValues: "x-text"]) == ["a b"])
          #expect(Array(response.metadata[binaryValues: "x-data-bin"]) == [[0, 1, 250], [7]])
          #expect(Array(response.metadata[binaryValues: "x-empty-bin"]) == [[]])
          #expect(Array(response.trailingMetadata[stringValues: "x-trailing"]) == ["t, u", "v"])
          #expect(Array(response.trailingMetadata[binaryValues: "x-last-bin"]) == [[255]])
          #expect(response.metadata["x-trailing"].first(where: { _ in true }) == nil)
        }
      }
    },
  ]

  /// Errors of a service.
  static let errors: [[ClientContractCase]] = [
    .eachInBothModes(
      [GRPCWebServer.Config.ErrorPlacement.headers, .body],
      "Requirements 13 and 16: an error with details, wherever the status stands"
    ) { client, placement, mode in
      let service = ScriptedService(onGet: { _, _ in
        throw RPCError(
          code: .aborted,
          message: "50 % l\u{e4}uft\n\u{1f6d1}",
          metadata: ["grpc-status-details-bin": .binary([1, 2, 3]), "x-reason": "why"]
        )
      })
      try await client.withEcho(
        service: service,
        server: .defaults { $0.errorPlacement = placement },
        config: .defaults { $0.mode = mode }
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
    },

    .each(
      [GRPCWebServer.Config.ErrorPlacement.headers, .body],
      "Requirement 13: a call is retried as its policy says, wherever the status stands"
    ) { client, placement in
      let attempts = Counter()
      let service = ScriptedService(onGet: { request, _ in
        guard attempts.add() >= 4 else { throw RPCError(code: .unavailable, message: "again") }
        return ServerResponse(message: request.message)
      })
      try await client.withEcho(
        service: service,
        server: .defaults { $0.errorPlacement = placement },
        config: Self.retrying(attempts: 4)
      ) { echo in
        let reply = try await echo.get(.with { $0.text = "at last" })
        #expect(reply.text == "at last")
        #expect(attempts.value == 4)
      }
    },

    .one("Requirement 14: an error after messages of a stream comes after them") { client in
      let service = ScriptedService(onExpand: { _, _ in
        StreamingServerResponse { writer in
          try await writer.write(.with { $0.text = "one" })
          throw RPCError(code: .dataLoss, message: "then lost")
        }
      })
      try await client.withEcho(service: service) { echo in
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
    },
  ]

  /// A config with retries of calls that are unavailable.
  private static func retrying(attempts: Int) -> GRPCWebClientTransport.Config {
    let policy = RetryPolicy(
      maxAttempts: attempts,
      initialBackoff: .milliseconds(1),
      maxBackoff: .milliseconds(2),
      backoffMultiplier: 1,
      retryableStatusCodes: [.unavailable]
    )
    return .defaults {
      $0.serviceConfig = ServiceConfig(
        methodConfig: [MethodConfig(names: [.init(service: "")], executionPolicy: .retry(policy))]
      )
    }
  }
}
