internal import GRPCCore

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// The writer of a response, for the service.
  struct ResponseWriter: ClosableRPCWriterProtocol {
    typealias Element = RPCResponsePart<GRPCWebMessage>

    let call: ServerCall

    /// Writes a part, and waits while more bytes are queued than the limit.
    ///
    /// - Throws: The error that the call failed with, or a `CancellationError` when the task is
    ///   cancelled while it waits.
    func write(_ element: RPCResponsePart<GRPCWebMessage>) async throws {
      if try !self.call.enqueue(element) {
        try await self.call.untilWritable()
      }
    }

    func write(contentsOf elements: some Sequence<RPCResponsePart<GRPCWebMessage>>) async throws {
      for element in elements {
        try await self.write(element)
      }
    }

    func finish() async {
      // Fast path: the status usually has been written, and no error needs to be created.
      guard self.call.isOpen else { return }
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
