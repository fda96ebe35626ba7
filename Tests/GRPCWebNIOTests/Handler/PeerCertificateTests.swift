import GRPCCore
import GRPCWebNIO
import GRPCWebTestSupport
import NIOSSL
import SwiftProtobuf
import Testing

@Suite(.timeLimit(.minutes(3)))
struct PeerCertificateTests {
  @Test(
    "A service sees the certificate of a client that had to show one",
    arguments: TestServer.TestedAdapter.allCases,
    ["h2", "http/1.1"]
  )
  @available(GRPCWeb 1.0, *)
  func certificate(adapter: TestServer.TestedAdapter, httpVersion: String) async throws {
    let seen = Recorder<NIOSSLCertificate?>()
    try await TestServer.run(
      Self.service(seen),
      adapter: adapter,
      isHTTP2: true,
      needsClientCertificate: true
    ) { server in
      try await Self.call(server, httpVersion, configuration: TestCertificate.clientConfiguration())
    }
    let certificate = try TestCertificate.certificate()
    #expect(seen.values == [certificate])
  }

  @Test(
    "A service sees no certificate of a client that wasn't asked for one",
    arguments: ["h2", "http/1.1"]
  )
  @available(GRPCWeb 1.0, *)
  func noCertificate(httpVersion: String) async throws {
    let seen = Recorder<NIOSSLCertificate?>()
    try await TestServer.run(Self.service(seen), isTLS: true) { server in
      try await Self.call(server, httpVersion, configuration: TestCertificate.clientConfiguration())
    }
    #expect(seen.values == [nil])
  }

  @Test("Without TLS there is no certificate", arguments: TestServer.TestedAdapter.allCases)
  @available(GRPCWeb 1.0, *)
  func plainText(adapter: TestServer.TestedAdapter) async throws {
    let seen = Recorder<NIOSSLCertificate?>()
    try await TestServer.run(Self.service(seen), adapter: adapter) { server in
      let answer = try await server.answer(.call(texts: ["hello"]))
      #expect(answer.status == 0)
    }
    #expect(seen.values == [nil])
  }

  @available(GRPCWeb 1.0, *)
  private static func service(_ seen: Recorder<NIOSSLCertificate?>) -> ScriptedService {
    ScriptedService(
      onGet: { request, context in
        seen.append(context.peerCertificate)
        return ServerResponse(message: request.message)
      }
    )
  }

  /// Calls over a connection with TLS.
  @available(GRPCWeb 1.0, *)
  private static func call(
    _ server: TestServer,
    _ httpVersion: String,
    configuration: TLSConfiguration
  ) async throws {
    if httpVersion == "h2" {
      let connection = try await HTTP2TestConnection.connect(
        to: server.port,
        isTLS: true,
        configuration: configuration
      )
      let response = try await connection.answer(
        .call(),
        body: TestFrame(EchoMessage.with { $0.text = "hello" }).bytes
      )
      #expect(try response.answer.status == 0)
      await connection.close()
    } else {
      let connection = try await RawConnection.connect(
        to: server.port,
        tlsProtocols: ["http/1.1"],
        configuration: configuration
      )
      let answer = try await connection.answer(.call(texts: ["hello"]))
      #expect(answer.status == 0)
      await connection.close()
    }
  }
}
