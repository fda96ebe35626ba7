import AsyncHTTPClient
import GRPCCore
import GRPCWebAsyncHTTPClient
import GRPCWebClientTestSupport
import GRPCWebTestSupport
import SwiftProtobuf
import Testing

/// Calls with an HTTP client that somebody else has made.
@Suite("A caller's own HTTP client", .timeLimit(.minutes(3)))
struct OwnHTTPClientTests {
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
}
