internal import GRPCCore

@available(GRPCWeb 1.0, *)
extension ClientCall {
  /// The writer of a request.
  struct RequestWriter: ClosableRPCWriterProtocol {
    typealias Element = RPCRequestPart<GRPCWebMessage>

    let call: ClientCall

    func write(_ element: RPCRequestPart<GRPCWebMessage>) async throws {
      try await self.call.write(element)
    }

    func write(contentsOf elements: some Sequence<RPCRequestPart<GRPCWebMessage>>) async throws {
      for element in elements {
        try await self.call.write(element)
      }
    }

    func finish() async {
      self.call.finishRequest()
    }

    func finish(throwing error: any Error) async {
      self.call.end(RPCError(ofWriter: error), by: .client)
    }
  }
}
