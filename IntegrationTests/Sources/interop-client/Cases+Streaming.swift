import GRPCCore
import InteropService

extension Cases {
  func serverStreaming() async throws -> Outcome {
    let request = Grpc_Testing_StreamingOutputCallRequest.sizes(31_415, 9, 2653, 58_979)
    try await self.streamingOutputCall(request).expectSizes(31_415, 9, 2653, 58_979)
    return .passed
  }

  func clientStreaming() async throws -> Outcome {
    try await self.streamingRequest {
      let response = try await self.service.streamingInputCall(options: self.options) { writer in
        for size in [27_182, 8, 1828, 45_904] {
          try await writer.write(.with { $0.payload = .zeros(size) })
        }
      }
      try expect("the size of all payloads", response.aggregatedPayloadSize, is: 74_922)
    }
  }

  func pingPong() async throws -> Outcome {
    try await self.streamingRequest {
      let (service, options) = (self.service, self.options)
      let (replies, reply) = AsyncStream.makeStream(of: Void.self)
      let answer = try await self.caller.stream(cancelAfter: nil) { onResponse in
        try await service.fullDuplexCall(options: options) { writer in
          var replies = replies.makeAsyncIterator()
          for (asked, sent) in [(31_415, 27_182), (9, 8), (2653, 1828), (58_979, 45_904)] {
            var request = Grpc_Testing_StreamingOutputCallRequest.sizes(Int32(asked))
            request.payload = .zeros(sent)
            try await writer.write(request)
            // The next waits for the reply to this one.
            _ = await replies.next()
          }
        } onResponse: { response in
          try await onResponse(response.tellingMessages { reply.yield() })
        }
      }
      try answer.expectSizes(31_415, 9, 2653, 58_979)
    }
  }

  func emptyStream() async throws -> Outcome {
    try await self.streamingRequest {
      let (service, options) = (self.service, self.options)
      let answer = try await self.caller.stream(cancelAfter: nil) { onResponse in
        try await service.fullDuplexCall(options: options) { _ in
        } onResponse: { response in
          try await onResponse(response)
        }
      }
      try answer.expectSizes()
    }
  }

  func streamingOutputCall(
    _ request: Grpc_Testing_StreamingOutputCallRequest
  ) async throws -> StreamAnswer<Grpc_Testing_StreamingOutputCallResponse> {
    let (service, options) = (self.service, self.options)
    return try await self.caller.stream(cancelAfter: nil) { onResponse in
      try await service.streamingOutputCall(request, options: options, onResponse: onResponse)
    }
  }
}

extension StreamingClientResponse {
  /// The same response, which also calls a closure at each of its messages.
  fileprivate func tellingMessages(_ tell: @escaping @Sendable () -> Void) -> Self {
    var response = self
    guard case .success(var contents) = self.accepted else { return response }
    contents.bodyParts = RPCAsyncSequence(
      wrapping: contents.bodyParts.map { part in
        if case .message = part {
          tell()
        }
        return part
      }
    )
    response.accepted = .success(contents)
    return response
  }
}
