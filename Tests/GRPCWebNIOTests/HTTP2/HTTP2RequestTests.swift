import GRPCCore
import GRPCProtobuf
import GRPCWebNIO
import GRPCWebTestSupport
import HTTPTypes
import SwiftProtobuf
import Testing

/// Heads of requests that are possible only in HTTP/2.
@Suite(.timeLimit(.minutes(3)))
struct HTTP2RequestTests {
  /// Answers `pkg.Service/Kick`, with the cookies that it sees as the text.
  @available(GRPCWeb 1.0, *)
  private struct KickService: RegistrableRPCService {
    func registerMethods(with router: inout RPCRouter<some ServerTransport>) {
      router.registerHandler(
        forMethod: MethodDescriptor(fullyQualifiedService: "pkg.Service", method: "Kick"),
        deserializer: ProtobufDeserializer<EchoMessage>(),
        serializer: ProtobufSerializer<EchoMessage>()
      ) { request, _ in
        let cookies = request.metadata[stringValues: "cookie"].joined(separator: "|")
        return StreamingServerResponse { writer in
          try await writer.write(.with { $0.text = cookies })
          return [:]
        }
      }
    }
  }

  @available(GRPCWeb 1.0, *)
  private static func request(_ path: String, fields: HTTPFields = [:]) -> HTTPRequest {
    var request = HTTPRequest.call(fields: fields)
    request.path = path
    return request
  }

  @Test(
    "Requirement 8: a path is compared by bytes: one that is canonically equivalent is unknown",
    arguments: ["application/grpc-web+proto", "application/grpc"]
  )
  @available(GRPCWeb 1.0, *)
  func paths(contentType: String) async throws {
    try await TestServer.run(KickService()) { server in
      let body = try TestFrame(EchoMessage()).bytes
      for (path, status) in [
        ("/pkg.Service/Kick", 0), ("/pkg.Service/\u{212a}ick", 12),
        ("/pkg.Service/\u{212a}ick?a=b", 12), ("/pkg.Service/Kick\u{301}", 12),
      ] {
        // Each call has a connection of its own: the client's HPACK would confuse paths that are canonically equivalent.
        let connection = try await server.connectHTTP2()
        var request = Self.request(path)
        request.headerFields[.contentType] = contentType
        let response = try await connection.answer(request, body: body)
        #expect(response.head?.status == .ok)
        if contentType == "application/grpc" {
          #expect(response.trailer("grpc-status") == "\(status)")
        } else {
          #expect(try response.answer.status == status)
        }
        await connection.close()
      }
    }
  }

  @Test("Requirement 8: cookies, of which HTTP/2 has a field each, are one value to a service")
  @available(GRPCWeb 1.0, *)
  func cookies() async throws {
    try await TestServer.run(KickService()) { server in
      let connection = try await server.connectHTTP2()
      var fields = HTTPFields()
      for cookie in ["a=1", "b=2", "c=3; d=4"] {
        fields.append(HTTPField(name: .cookie, value: cookie))
      }
      let response = try await connection.answer(
        Self.request("/pkg.Service/Kick", fields: fields),
        body: TestFrame(EchoMessage()).bytes
      )
      #expect(try response.answer.texts == ["a=1; b=2; c=3; d=4"])
      await connection.close()
    }
  }

  @Test("Requirement 20: a native call whose body has a content coding gets an error that says so")
  @available(GRPCWeb 1.0, *)
  func contentCoding() async throws {
    try await TestServer.run { server in
      let connection = try await server.connectHTTP2()
      let response = try await connection.answer(
        .nativeCall(fields: [.contentEncoding: "gzip"]),
        body: [0x1f, 0x8b, 8, 0, 0, 0]
      )
      #expect(response.head?.status == .ok)
      #expect(response.trailer("grpc-status") == "12")
      #expect(response.trailer("grpc-message")?.contains("'gzip'") == true)
      await connection.close()
    }
  }
}
