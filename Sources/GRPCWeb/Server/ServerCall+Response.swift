internal import GRPCCore

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// A response as the service writes it.
  struct Response: ClosableRPCWriterProtocol {
    typealias Element = RPCResponsePart<GRPCWebMessage>

    let call: ServerCall

    func write(_ element: RPCResponsePart<GRPCWebMessage>) async throws {
      try await self.call.write(element)
    }

    func write(contentsOf elements: some Sequence<RPCResponsePart<GRPCWebMessage>>) async throws {
      for element in elements {
        try await self.call.write(element)
      }
    }

    func finish() async {
      self.call.serviceFailed(
        RPCError(code: .internalError, message: "The response was finished without a status.")
      )
    }

    func finish(throwing error: any Error) async {
      self.call.serviceFailed(
        (error as? RPCError)
          ?? RPCError(code: .unknown, message: "The response was finished with an error.")
      )
    }
  }
}
