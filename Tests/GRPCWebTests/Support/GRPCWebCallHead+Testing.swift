import GRPCCore
import HTTPTypes

@testable import GRPCWeb

@available(GRPCWeb 1.0, *)
extension GRPCWebCallHead {
  /// The head of a call of the given kind, from a request with the given fields.
  static func test(
    _ type: MethodDescriptor.RPCType? = .unary,
    mode: GRPCWebMode = .binary,
    isNativeGRPC: Bool = false,
    fields: HTTPFields = [:],
    config: GRPCWebServer.Config = .defaults
  ) -> Self {
    Self(
      HTTPRequest(
        method: .post,
        scheme: "http",
        authority: "localhost",
        path: "/test.Service/Method",
        headerFields: fields
      ),
      fields: CallFields(fields),
      method: MethodDescriptor(
        fullyQualifiedService: "test.Service",
        method: "Method",
        type: type
      ),
      requestMode: mode,
      isNativeGRPC: isNativeGRPC,
      config: config
    )
  }
}

@available(GRPCWeb 1.0, *)
extension ServerResponseOutput {
  /// The bytes of the body.
  var bytes: [UInt8] {
    self.body.flatMap(\.bytes)
  }

  /// The HTTP fields of the head.
  var fields: HTTPFields {
    self.head?.headerFields ?? [:]
  }
}

@available(GRPCWeb 1.0, *)
extension [MethodDescriptor.RPCType] {
  /// The kinds of calls whose request is one message.
  static let oneRequest: Self = [.unary, .serverStreaming]
  /// The kinds of calls whose response is one message.
  static let oneResponse: Self = [.unary, .clientStreaming]
  /// The kinds of calls whose response is any number of messages.
  static let manyResponses: Self = [.serverStreaming, .bidirectionalStreaming]
}
