import Foundation
import GRPCCore
import GRPCWebURLSession
import Synchronization

/// The way in which a kind of client makes calls and hands out what comes of them.
protocol Caller: Sendable {
  associatedtype Transport: ClientTransport

  /// The client to wrap with generated stubs.
  var client: GRPCClient<Transport> { get }

  /// Whether the client can send a request while it is written.
  var streamsRequests: Bool { get }

  /// Whether it calls as code does that isn't asynchronous.
  var isBlocking: Bool { get }

  /// Makes a call that is answered with one message.
  func unary<Result: Sendable>(
    _ call: @escaping @Sendable () async throws -> Result
  ) async throws -> Result

  /// Makes a call that is answered with a stream, and cancels it after so many messages.
  ///
  /// - Throws: The error that the call fails with, which after cancelling is `cancelled`.
  func stream<Message: Sendable>(
    cancelAfter limit: Int?,
    _ call: @escaping StreamingCall<Message>
  ) async throws -> StreamAnswer<Message>
}

/// Makes a call with a generated stub, handing it the argument as the closure for the response.
typealias StreamingCall<Message: Sendable> =
  @Sendable (
    _ onResponse: @escaping @Sendable (StreamingClientResponse<Message>) async throws -> Void
  ) async throws -> Void

/// What a stream consisted of.
struct StreamAnswer<Message: Sendable>: Sendable {
  var initial: Metadata = [:]
  var messages: [Message] = []
  var trailing: Metadata = [:]
}

/// Calls as asynchronous code makes them.
struct AsyncCaller<Transport: ClientTransport>: Caller {
  var client: GRPCClient<Transport>
  var streamsRequests: Bool
  let isBlocking = false

  func unary<Result: Sendable>(
    _ call: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await call()
  }

  func stream<Message: Sendable>(
    cancelAfter limit: Int?,
    _ call: @escaping StreamingCall<Message>
  ) async throws -> StreamAnswer<Message> {
    let (limits, limitReached) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      defer { limitReached.finish() }
      let answer = Mutex(StreamAnswer<Message>())
      try await call { response in
        let contents = try response.accepted.get()
        answer.withLock { $0.initial = contents.metadata }
        for try await part in contents.bodyParts {
          switch part {
          case .message(let message):
            let count = answer.withLock { answer in
              answer.messages.append(message)
              return answer.messages.count
            }
            if count == limit {
              limitReached.finish()
            }
          case .trailingMetadata(let metadata):
            answer.withLock { $0.trailing = metadata }
          }
        }
      }
      return answer.withLock { $0 }
    }

    if limit != nil {
      for await _ in limits {}
      task.cancel()
    }
    return try await task.value
  }
}

/// Calls as code makes them that isn't asynchronous.
struct BlockingCaller<Transport: ClientTransport>: Caller {
  var blockingClient: BlockingGRPCClient<Transport>

  var client: GRPCClient<Transport> {
    self.blockingClient.grpcClient
  }

  var streamsRequests: Bool {
    false
  }

  var isBlocking: Bool {
    true
  }

  func unary<Result: Sendable>(
    _ call: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await onThread { try self.blockingClient.wait(for: call) }
  }

  func stream<Message: Sendable>(
    cancelAfter limit: Int?,
    _ call: @escaping StreamingCall<Message>
  ) async throws -> StreamAnswer<Message> {
    try await onThread {
      var answer = StreamAnswer<Message>()
      let messages = try self.blockingClient.messages(of: call)
      answer.initial = try messages.metadata()
      while let message = try messages.next(timeout: nil) {
        answer.messages.append(message)
        if answer.messages.count == limit {
          messages.cancel()
        }
      }
      answer.trailing = messages.trailingMetadata
      return answer
    }
  }
}

/// Runs a closure on a thread of its own, as a task must not block.
func onThread<Result: Sendable>(
  _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread {
      continuation.resume(with: Swift.Result { try body() })
    }
  }
}
