internal import GRPCCore
internal import NIOCore

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// A request as the service reads it: its metadata, then its messages, from the body that an
  /// asynchronous front has.
  ///
  /// Reads from the body when the service asks for more, so that a service that doesn't read stops
  /// the peer. May be iterated once.
  struct Request<Body: AsyncSequence & Sendable>: AsyncSequence, Sendable
  where Body.Element == ByteBuffer {
    typealias Element = RPCRequestPart<GRPCWebMessage>
    typealias Failure = any Error

    let call: ServerCall
    let metadata: Metadata
    let body: Body

    func makeAsyncIterator() -> AsyncIterator {
      AsyncIterator(
        call: self.call,
        metadata: self.metadata,
        body: self.body.makeAsyncIterator()
      )
    }

    struct AsyncIterator: AsyncIteratorProtocol {
      let call: ServerCall
      var metadata: Metadata?
      var body: Body.AsyncIterator

      mutating func next() async throws -> RPCRequestPart<GRPCWebMessage>? {
        if let metadata = self.metadata.take() {
          return .metadata(metadata)
        }

        while true {
          switch try self.call.nextRequestEvent() {
          case .message(let message):
            return .message(message)
          case .end:
            return nil
          case .needsBytes:
            try await self.readBody()
          }
        }
      }

      private mutating func readBody() async throws {
        do {
          self.call.receive(try await self.body.next())
        } catch {
          // What came of the body can't be trusted to be all of it.
          let failure = RPCError(
            code: .unavailable,
            message: "The request couldn't be read to its end.",
            cause: error
          )
          self.call.fail(failure)
          self.call.receive(nil)
          throw failure
        }
      }
    }
  }

  /// A request as the service reads it: its metadata, then its messages, from what a front on an
  /// event loop has delivered.
  ///
  /// May be iterated once.
  struct DeliveredRequest: AsyncSequence, Sendable {
    typealias Element = RPCRequestPart<GRPCWebMessage>
    typealias Failure = any Error

    let call: ServerCall
    let metadata: Metadata

    func makeAsyncIterator() -> AsyncIterator {
      AsyncIterator(call: self.call, metadata: self.metadata)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
      let call: ServerCall
      var metadata: Metadata?

      mutating func next() async throws -> RPCRequestPart<GRPCWebMessage>? {
        if let metadata = self.metadata.take() {
          return .metadata(metadata)
        }

        while true {
          switch try self.call.nextRequestEvent() {
          case .message(let message):
            return .message(message)
          case .end:
            return nil
          case .needsBytes:
            try await self.call.untilReadable()
          }
        }
      }
    }
  }
}
