import Foundation
import GRPCCore
import GRPCWebClientTestSupport
import GRPCWebTestSupport
import GRPCWebURLSession
import SwiftProtobuf
import Testing

/// What becomes of calls that ask more of URLSession than it can do.
@Suite("Limits of URLSession", .timeLimit(.minutes(3)))
struct LimitTests {
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
  #endif
}
