import GRPCCore
import HTTPTypes
import Testing

@testable import GRPCWeb

@Suite("Client call options")
struct ClientCallOptionsTests {
  @Test(
    "Requirements 2, 3, 9 and 18: the fields of a request",
    arguments: [
      (GRPCWebMode.binary, "application/grpc-web+proto"),
      (GRPCWebMode.text, "application/grpc-web-text"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func fields(mode: GRPCWebMode, type: String) throws {
    let call = try ClientCallOptions.test(config: .defaults { $0.mode = mode })
    #expect(call.mode == mode)
    #expect(
      try call.fields
        == Fixture.fields([
          ("content-type", type), ("accept", type), ("accept-encoding", "identity"),
          ("x-grpc-web", "1"),
          ("x-user-agent", "grpc-web-swift-sonora"),
          ("grpc-accept-encoding", "identity,gzip,deflate"),
        ])
    )
  }

  @Test("Headers of the config are added, but don't replace gRPC-Web's own")
  @available(GRPCWeb 1.0, *)
  func headers() throws {
    let headers = try Fixture.fields([
      ("authorization", "Bearer x"), ("x-two", "1"), ("x-two", "2"), ("x-user-agent", "mine"),
      ("content-type", "text/plain"), ("accept", "*/*"), ("x-grpc-web", "0"),
      ("grpc-accept-encoding", "br"),
    ])
    let call = try ClientCallOptions.test(config: .defaults { $0.headers = headers })
    #expect(call.fields[.authorization] == "Bearer x")
    #expect(call.fields[values: try #require(HTTPField.Name("x-two"))] == ["1", "2"])
    #expect(call.fields[values: .xUserAgent] == ["mine"])
    #expect(call.fields[values: .contentType] == ["application/grpc-web+proto"])
    #expect(call.fields[values: .accept] == ["application/grpc-web+proto"])
    #expect(call.fields[values: .xGRPCWeb] == ["1"])
    #expect(call.fields[values: .grpcAcceptEncoding] == ["identity,gzip,deflate"])
  }

  @Test("Requirement 18: the encoding of the call, or else of the config")
  @available(GRPCWeb 1.0, *)
  func encoding() throws {
    let none = try ClientCallOptions.test()
    #expect(none.requestEncoding == .identity)
    #expect(none.fields[.grpcEncoding] == nil)

    let config = GRPCWebClientTransport.Config.defaults { $0.compression = .gzip }
    let gzip = try ClientCallOptions.test(config: config)
    #expect(gzip.requestEncoding == .gzip)
    #expect(gzip.fields[.grpcEncoding] == "gzip")

    var options = CallOptions.defaults
    options.compression = .deflate
    let deflate = try ClientCallOptions.test(options: options, config: config)
    #expect(deflate.fields[.grpcEncoding] == "deflate")

    options.compression = CompressionAlgorithm.none
    let identity = try ClientCallOptions.test(options: options, config: config)
    #expect(identity.requestEncoding == .identity)
    #expect(identity.fields[.grpcEncoding] == nil)
  }

  @Test("Requirement 19: the limits of the call, or else of the config")
  @available(GRPCWeb 1.0, *)
  func limits() throws {
    let config = GRPCWebClientTransport.Config.defaults {
      $0.maximumRequestMessageSize = 1
      $0.maximumResponseMessageSize = 2
    }
    let call = try ClientCallOptions.test(config: config)
    #expect(call.maximumRequestMessageSize == 1)
    #expect(call.maximumResponseMessageSize == 2)

    var options = CallOptions.defaults
    options.maxRequestMessageBytes = 3
    options.maxResponseMessageBytes = 4
    let other = try ClientCallOptions.test(options: options, config: config)
    #expect(other.maximumRequestMessageSize == 3)
    #expect(other.maximumResponseMessageSize == 4)
  }

  @Test("What streams; all that isn't known may")
  @available(GRPCWeb 1.0, *)
  func streaming() throws {
    let kinds: [(MethodDescriptor.RPCType?, Bool, Bool)] = [
      (.unary, false, false), (.clientStreaming, true, false), (.serverStreaming, false, true),
      (.bidirectionalStreaming, true, true), (nil, true, true),
    ]
    for (type, request, response) in kinds {
      let call = try ClientCallOptions.test(type)
      #expect(call.isRequestStreaming == request)
      #expect(call.isResponseStreaming == response)
    }
  }
}
