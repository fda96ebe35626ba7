import AsyncHTTPClient
import GRPCCore
import GRPCWebAsyncHTTPClient
import GRPCWebClientTestSupport
import GRPCWebTestSupport
import HummingbirdCore
import HummingbirdHTTP2
import NIOSSL
import SwiftProtobuf
import Testing

/// The same stubs and services over HTTP/2, which client and server agree on by TLS.
@Suite(.timeLimit(.minutes(3)))
struct HTTP2Tests {
  @Test("All four kinds of RPC over HTTP/2", arguments: [GRPCWebMode.binary, .text])
  @available(GRPCWeb 1.0, *)
  func allKinds(mode: GRPCWebMode) async throws {
    try await self.withEcho(mode: mode) { echo in
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

  @Test("Requirement 13: an error arrives over HTTP/2")
  @available(GRPCWeb 1.0, *)
  func error() async throws {
    try await self.withEcho(mode: .binary) { echo in
      let error = await #expect(throws: RPCError.self) {
        try await echo.get(.with { $0.text = String(repeating: "x", count: 5 * 1024 * 1024) })
      }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @available(GRPCWeb 1.0, *)
  private func withEcho(
    mode: GRPCWebMode,
    _ body: (
      Sonora_Test_Echo.Client<GRPCWebClientTransport>
    ) async throws -> Void
  ) async throws {
    let server = try HTTPServerBuilder.http2Upgrade(
      tlsConfiguration: TestCertificate.serverConfiguration()
    )
    try await withServer(services: [EchoService()], server: server) { url in
      try await withGRPCClient(
        transport: .grpcWebAsyncHTTPClient(
          url: url.replacing("http://", with: "https://"),
          config: .defaults { $0.mode = mode }
        ) {
          var tls = TLSConfiguration.makeClientConfiguration()
          tls.certificateVerification = .none
          $0.tlsConfiguration = tls
        }
      ) { client in
        try await body(Sonora_Test_Echo.Client(wrapping: client))
      }
    }
  }
}
