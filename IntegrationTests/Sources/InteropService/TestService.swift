public import GRPCCore

/// The test service of gRPC's interop tests.
///
/// An ordinary gRPC Swift service: nothing in it knows of gRPC-Web. What it has to do is described in gRPC's
/// "Interoperability Test Case Descriptions".
public struct TestService: Grpc_Testing_TestService.ServiceProtocol {
  /// The largest payload that is made on demand, in bytes.
  static let largestPayload = 64 * 1024 * 1024

  /// Creates the service.
  public init() {}

  /// Replies with nothing.
  public func emptyCall(
    request: ServerRequest<Grpc_Testing_Empty>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Testing_Empty> {
    let echo = MetadataEcho(request.metadata)
    return ServerResponse(
      message: Grpc_Testing_Empty(),
      metadata: echo.initial,
      trailingMetadata: echo.trailing
    )
  }

  /// Replies with a payload of the size asked for, or fails with the status asked for.
  public func unaryCall(
    request: ServerRequest<Grpc_Testing_SimpleRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Testing_SimpleResponse> {
    let echo = MetadataEcho(request.metadata)
    return try await echo.addingTrailing {
      let message = request.message
      if message.hasExpectCompressed {
        try RequestEncoding(request.metadata).check(isCompressed: message.expectCompressed.value)
      }
      if message.hasResponseStatus {
        try message.responseStatus.fail()
      }

      let payload = try Grpc_Testing_Payload(
        type: message.responseType,
        size: message.responseSize
      )
      return ServerResponse(
        message: .with { $0.payload = payload },
        metadata: echo.initial,
        trailingMetadata: echo.trailing
      )
    }
  }

  /// Replies with a message for each of the request's parameters, and tells when each was sent.
  public func streamingOutputCall(
    request: ServerRequest<Grpc_Testing_StreamingOutputCallRequest>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Grpc_Testing_StreamingOutputCallResponse> {
    let echo = MetadataEcho(request.metadata)
    return StreamingServerResponse(metadata: echo.initial) { writer in
      try await echo.addingTrailing {
        let sendTimes = try await self.answer(request.message, to: writer)
        return sendTimes.adding(to: echo.trailing)
      }
    }
  }

  /// Replies with the size of all payloads.
  public func streamingInputCall(
    request: StreamingServerRequest<Grpc_Testing_StreamingInputCallRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Testing_StreamingInputCallResponse> {
    let echo = MetadataEcho(request.metadata)
    return try await echo.addingTrailing {
      var size = 0
      for try await message in request.messages {
        if message.hasExpectCompressed {
          try RequestEncoding(request.metadata).check(isCompressed: message.expectCompressed.value)
        }
        size += message.payload.body.count
      }
      let total = Int32(clamping: size)
      return ServerResponse(
        message: .with { $0.aggregatedPayloadSize = total },
        metadata: echo.initial,
        trailingMetadata: echo.trailing
      )
    }
  }

  /// Replies to each request at once.
  public func fullDuplexCall(
    request: StreamingServerRequest<Grpc_Testing_StreamingOutputCallRequest>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Grpc_Testing_StreamingOutputCallResponse> {
    let echo = MetadataEcho(request.metadata)
    return StreamingServerResponse(metadata: echo.initial) { writer in
      try await echo.addingTrailing {
        for try await message in request.messages {
          try await self.answer(message, to: writer)
        }
        return echo.trailing
      }
    }
  }

  /// Replies to all requests when the last of them is there.
  public func halfDuplexCall(
    request: StreamingServerRequest<Grpc_Testing_StreamingOutputCallRequest>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Grpc_Testing_StreamingOutputCallResponse> {
    let echo = MetadataEcho(request.metadata)
    return StreamingServerResponse(metadata: echo.initial) { writer in
      try await echo.addingTrailing {
        var messages: [Grpc_Testing_StreamingOutputCallRequest] = []
        for try await message in request.messages {
          messages.append(message)
        }
        for message in messages {
          try await self.answer(message, to: writer)
        }
        return echo.trailing
      }
    }
  }

  /// Never called: ``ImplementedMethods`` leaves it out.
  public func unimplementedCall(
    request: ServerRequest<Grpc_Testing_Empty>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Testing_Empty> {
    throw RPCError(code: .internalError, message: "A method that isn't registered was called.")
  }

  @discardableResult
  private func answer(
    _ request: Grpc_Testing_StreamingOutputCallRequest,
    to writer: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>
  ) async throws -> SendTimes {
    if request.hasResponseStatus {
      try request.responseStatus.fail()
    }
    var sendTimes = SendTimes()
    for parameters in request.responseParameters {
      if parameters.intervalUs > 0 {
        try await Task.sleep(for: .microseconds(parameters.intervalUs))
      }
      let payload = try Grpc_Testing_Payload(type: request.responseType, size: parameters.size)
      sendTimes.add()
      try await writer.write(.with { $0.payload = payload })
    }
    return sendTimes
  }
}
