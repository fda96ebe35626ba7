import HTTPTypes
import Testing

@testable import GRPCWeb

@Suite("Names of HTTP fields")
struct HTTPFieldNameGRPCTests {
  @Test("Names are lower-case, as they go over the wire")
  @available(GRPCWeb 1.0, *)
  func lowerCase() {
    let names: [HTTPField.Name] = [
      .grpcStatus, .grpcMessage, .grpcStatusDetails, .grpcEncoding, .grpcAcceptEncoding,
      .grpcTimeout, .acceptPost, .xGRPCWeb, .xAccelBuffering,
    ]
    #expect(
      names.map(\.rawName) == [
        "grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-encoding",
        "grpc-accept-encoding", "grpc-timeout", "accept-post", "x-grpc-web", "x-accel-buffering",
      ]
    )
  }
}
