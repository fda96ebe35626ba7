import GRPCCore
import GRPCWebAsyncHTTPClient
import GRPCWebTestSupport
import SwiftProtobuf
import Testing

/// Stock generated stubs over AsyncHTTPClient, against a Hummingbird app on loopback.
@Suite(.timeLimit(.minutes(1)))
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

  @Test("Messages of 3 MiB in both directions")
  @available(GRPCWeb 1.0, *)
  func largeMessages() async throws {
    try await withEchoClient { echo in
      let text = String(repeating: "x", count: 3 * 1024 * 1024)
      let reply = try await echo.get(.with { $0.text = text })
      #expect(reply.text == text)
    }
  }
}
