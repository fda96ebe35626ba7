internal import GRPCCore
internal import NIOCore

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// The request that the service reads, metadata first, then messages, from the body of an asynchronous adapter.
  ///
  /// The sequence reads from the body when the service asks for more, so that a service that doesn't read slows the
  /// client down. It may be iterated once.
  struct RequestSequence<Body: AsyncSequence & Sendable>: AsyncSequence, Sendable
  where Body.Element == ByteBuffer {
    typealias Element = RPCRequestPart<GRPCWebMessage>
    typealias Failure = any Error

    let call: ServerCall
    let body: Body

    func makeAsyncIterator() -> AsyncIterator {
      AsyncIterator(parts: RequestParts(self.call), body: self.body.makeAsyncIterator())
    }

    struct AsyncIterator: AsyncIteratorProtocol {
      let parts: RequestParts
      var body: Body.AsyncIterator

      mutating func next() async throws -> RPCRequestPart<GRPCWebMessage>? {
        while true {
          switch try self.parts.next() {
          case .part(let part):
            return part
          case .end:
            return nil
          case .needsBytes:
            try await self.readBody()
          }
        }
      }

      private mutating func readBody() async throws {
        let call = self.parts.call
        do {
          call.receive(try await self.body.next())
        } catch {
          // The rest of the body is lost, so the call can't succeed.
          let failure = RPCError(
            code: .unavailable,
            message: "The request couldn't be read to its end.",
            cause: error
          )
          call.fail(failure, by: .client)
          call.receive(nil)
          throw failure
        }
      }
    }
  }

  /// The request that the service reads, metadata first, then messages, from the bytes that an adapter on an event loop
  /// delivers.
  ///
  /// The sequence may be iterated once.
  struct DeliveredRequestSequence: AsyncSequence, Sendable {
    typealias Element = RPCRequestPart<GRPCWebMessage>
    typealias Failure = any Error

    let call: ServerCall

    func makeAsyncIterator() -> AsyncIterator {
      AsyncIterator(parts: RequestParts(self.call))
    }

    struct AsyncIterator: AsyncIteratorProtocol {
      let parts: RequestParts

      mutating func next() async throws -> RPCRequestPart<GRPCWebMessage>? {
        while true {
          switch try self.parts.next() {
          case .part(let part):
            return part
          case .end:
            return nil
          case .needsBytes:
            try await self.parts.call.untilReadable()
          }
        }
      }
    }
  }

  /// The parts of a request that have been received.
  ///
  /// A class because gRPC Swift copies the iterators of requests, and boxes large ones.
  final class RequestParts {
    /// An event of the request.
    enum Next {
      /// A part of the request.
      case part(RPCRequestPart<GRPCWebMessage>)
      /// No event until more of the body is received.
      case needsBytes
      /// The end of the request.
      case end
    }

    let call: ServerCall
    private var metadata: Metadata?
    private var inflater: MessageInflater

    init(_ call: ServerCall) {
      self.call = call
      self.metadata = call.head.metadata
      self.inflater = MessageInflater(encoding: call.head.requestEncoding)
    }

    /// Returns the next event.
    ///
    /// - Throws: The error that the call failed with.
    func next() throws(RPCError) -> Next {
      if let metadata = self.metadata.take() {
        return .part(.metadata(metadata))
      }

      switch try self.call.nextRequestEvent() {
      case .message(let message):
        return .part(.message(message))
      case .compressedMessage(let bytes):
        return .part(.message(try self.call.inflate(bytes, with: &self.inflater)))
      case .needsBytes:
        return .needsBytes
      case .end:
        return .end
      }
    }
  }
}
