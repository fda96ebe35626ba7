internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ClientContractCase {
  /// Large, compressed and oversized messages.
  static let sizes: [[ClientContractCase]] = [
    .eachInBothModes(
      Encoding.allCases,
      "Requirement 18: compression in both directions"
    ) { client, encoding, mode in
      let text = String(repeating: "shrinks ", count: 20_000)
      try await client.withEcho(
        server: .defaults { $0.compression = .enabled },
        config: .defaults {
          $0.mode = mode
          $0.compression = encoding.algorithm
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
    },

    .inBothModes("Messages of 3 MiB in both directions") { client, mode in
      try await client.withEcho(config: .defaults { $0.mode = mode }) { echo in
        let text = String(repeating: "x", count: 3 * 1024 * 1024)
        let reply = try await echo.get(.with { $0.text = text })
        #expect(reply.text == text)
      }
    },

    .one("Requirement 19: a message over the limit is resourceExhausted, and the next call works") {
      client in
      try await client.withEcho(
        config: .defaults {
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
    },
  ]

  /// A compression algorithm with its name as description.
  private enum Encoding: CaseIterable {
    case gzip
    case deflate

    var algorithm: CompressionAlgorithm {
      switch self {
      case .gzip: .gzip
      case .deflate: .deflate
      }
    }
  }
}
