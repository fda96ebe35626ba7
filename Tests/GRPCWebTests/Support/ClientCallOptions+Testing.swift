import GRPCCore
import HTTPTypes
import Testing

@testable import GRPCWeb

@available(GRPCWeb 1.0, *)
extension ClientCallOptions {
  /// A call of the given kind.
  static func test(
    _ type: MethodDescriptor.RPCType? = .unary,
    url: String = "http://localhost",
    options: CallOptions = .defaults,
    config: GRPCWebClientTransport.Config = .defaults
  ) throws -> Self {
    Self(
      url: try #require(BaseURL(url)),
      method: .test(type),
      options: options,
      config: config
    )
  }
}

@available(GRPCWeb 1.0, *)
extension MethodDescriptor {
  /// A method of the given kind.
  static func test(_ type: RPCType? = .unary) -> Self {
    Self(fullyQualifiedService: "test.Service", method: "Method", type: type)
  }
}

@available(GRPCWeb 1.0, *)
extension HTTPResponse {
  /// The head of a gRPC-Web response.
  static func test(_ fields: [(name: String, value: String)]) throws -> Self {
    try Self.test(.ok, fields)
  }

  /// The head of a response, by default a gRPC-Web one.
  static func test(
    _ status: HTTPResponse.Status = .ok,
    contentType: String? = "application/grpc-web+proto",
    _ fields: [(name: String, value: String)] = []
  ) throws -> Self {
    var all = try Fixture.fields(fields)
    all[.contentType] = contentType
    return Self(status: status, headerFields: all)
  }
}

@available(GRPCWeb 1.0, *)
extension ClientCallStateMachine {
  /// Ends the call with an error, of whatever origin.
  mutating func fail(_ error: RPCError) {
    self.fail(error, by: .client)
  }
}
