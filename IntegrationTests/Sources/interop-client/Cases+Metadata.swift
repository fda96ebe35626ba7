import GRPCCore
import InteropService

extension Cases {
  func customMetadata() async throws -> Outcome {
    let metadata: Metadata = [
      "x-grpc-test-echo-initial": "test_initial_metadata_value",
      "x-grpc-test-echo-trailing-bin": .binary([0xab, 0xab, 0xab]),
    ]
    let (service, options) = (self.service, self.options)
    let (initial, trailing) = try await self.caller.unary {
      try await service.unaryCall(.large, metadata: metadata, options: options) { response in
        try response.message.expectLarge()
        return (response.metadata, response.trailingMetadata)
      }
    }
    try self.expectEcho(initial: initial, trailing: trailing)

    var request = Grpc_Testing_StreamingOutputCallRequest.sizes(314_159)
    request.payload = .zeros(271_828)
    let answer = try await self.stream(request, metadata: metadata)
    try answer.expectSizes(314_159)
    try self.expectEcho(initial: answer.initial, trailing: answer.trailing)
    return self.passedWithStream
  }

  /// A call fails with code 2 and a message, unary and streaming.
  func status(_ message: String) async throws -> Outcome {
    let status = Grpc_Testing_EchoStatus.with {
      $0.code = 2
      $0.message = message
    }
    try await self.expectError(.unknown, message: message) {
      _ = try await self.unaryCall(.with { $0.responseStatus = status })
    }
    try await self.expectError(.unknown, message: message) {
      _ = try await self.stream(.with { $0.responseStatus = status })
    }
    return self.passedWithStream
  }

  private func expectEcho(initial: Metadata, trailing: Metadata) throws {
    try expect(
      "x-grpc-test-echo-initial",
      Array(initial[stringValues: "x-grpc-test-echo-initial"]),
      is: ["test_initial_metadata_value"]
    )
    try expect(
      "x-grpc-test-echo-trailing-bin",
      Array(trailing[binaryValues: "x-grpc-test-echo-trailing-bin"]),
      is: [[0xab, 0xab, 0xab]]
    )
  }
}
