package import HTTPTypes

@available(GRPCWeb 1.0, *)
extension HTTPField.Name {
  package static let grpcStatus = Self.grpc("grpc-status")
  package static let grpcMessage = Self.grpc("grpc-message")
  package static let grpcStatusDetails = Self.grpc("grpc-status-details-bin")
  package static let grpcEncoding = Self.grpc("grpc-encoding")
  package static let grpcAcceptEncoding = Self.grpc("grpc-accept-encoding")
  package static let grpcTimeout = Self.grpc("grpc-timeout")
  package static let acceptPost = Self.grpc("accept-post")
  package static let xUserAgent = Self.grpc("x-user-agent")
  package static let xGRPCWeb = Self.grpc("x-grpc-web")
  package static let xAccelBuffering = Self.grpc("x-accel-buffering")

  /// Makes a name of a literal, which is a token and in lower case.
  private static func grpc(_ literal: String) -> Self {
    guard let name = Self(literal) else {
      preconditionFailure("'\(literal)' in the source code isn't the name of an HTTP field.")
    }
    return name
  }
}
