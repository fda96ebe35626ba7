internal import HTTPTypes

@available(GRPCWeb 1.0, *)
extension HTTPField.Name {
  static let grpcStatus = Self.grpc("grpc-status")
  static let grpcMessage = Self.grpc("grpc-message")
  static let grpcStatusDetails = Self.grpc("grpc-status-details-bin")
  static let grpcEncoding = Self.grpc("grpc-encoding")
  static let grpcAcceptEncoding = Self.grpc("grpc-accept-encoding")
  static let grpcTimeout = Self.grpc("grpc-timeout")
  static let acceptPost = Self.grpc("accept-post")
  static let xUserAgent = Self.grpc("x-user-agent")
  static let xGRPCWeb = Self.grpc("x-grpc-web")
  static let xAccelBuffering = Self.grpc("x-accel-buffering")

  /// Creates a name from a literal, which must be a token in lower case.
  private static func grpc(_ literal: String) -> Self {
    guard let name = Self(literal) else {
      preconditionFailure("'\(literal)' in the source code isn't the name of an HTTP field.")
    }
    return name
  }
}
