import GRPCCore
import InteropService

extension Cases {
  func cancelAfterBegin() async throws -> Outcome {
    try await self.streamingRequest {
      let (service, options) = (self.service, self.options)
      let (starts, started) = AsyncStream.makeStream(of: Void.self)
      let call = Task {
        try await service.streamingInputCall(options: options) { _ in
          started.finish()
          await Self.waitForCancellation()
        }
      }
      for await _ in starts {}
      call.cancel()
      try await self.expectError(.cancelled) {
        _ = try await call.value
      }
    }
  }

  func cancelAfterFirstResponse() async throws -> Outcome {
    var request = Grpc_Testing_StreamingOutputCallRequest.sizes(31_415, 31_415)
    request.payload = .zeros(27_182)
    // A second would follow much later.
    request.responseParameters[1].intervalUs = 10_000_000
    try await self.expectError(.cancelled) {
      _ = try await self.stream(request, cancelAfter: 1, holdingOpen: true)
    }
    return self.passedWithStream
  }

  func timeoutOnSleepingServer() async throws -> Outcome {
    var options = CallOptions.defaults
    options.timeout = .milliseconds(1)
    var request = Grpc_Testing_StreamingOutputCallRequest.sizes(1)
    request.payload = .zeros(27_182)
    request.responseParameters[0].intervalUs = 10_000_000
    try await self.expectError(.deadlineExceeded) {
      _ = try await self.stream(request, options: options, holdingOpen: true)
    }
    return self.passedWithStream
  }
}
