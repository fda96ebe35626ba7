internal import GRPCCore

@available(GRPCWeb 1.0, *)
extension ClientCall {
  /// The parts of a response: metadata if the response has any, messages, and the status.
  ///
  /// The sequence may be iterated once.
  struct ResponseSequence: AsyncSequence, Sendable {
    typealias Element = RPCResponsePart<GRPCWebMessage>
    typealias Failure = any Error

    let call: ClientCall

    func makeAsyncIterator() -> AsyncIterator {
      AsyncIterator(call: self.call)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
      let call: ClientCall

      mutating func next() async throws -> RPCResponsePart<GRPCWebMessage>? {
        try await self.call.nextResponsePart()
      }
    }
  }
}
