import Foundation
import GRPCCore
import Synchronization

/// Prints how many calls run whenever one begins or ends, so that a check can see one end.
final class RunningCalls: ServerInterceptor {
  private let running = Mutex(0)

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: (StreamingServerRequest<Input>, ServerContext) async throws ->
      StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    let call = RunningCall(of: self)
    var response = try await next(request, context)
    if case .success(var contents) = response.accepted {
      let producer = contents.producer
      contents.producer = { writer in
        defer { withExtendedLifetime(call) {} }
        return try await producer(writer)
      }
      response.accepted = .success(contents)
    }
    return response
  }

  fileprivate func add(_ difference: Int) {
    self.running.withLock { running in
      running += difference
      FileHandle.standardOutput.write(Data("Calls running: \(running)\n".utf8))
    }
  }
}

/// A call, which runs as long as somebody holds this: nobody may ever ask for its messages.
private final class RunningCall: Sendable {
  private let calls: RunningCalls

  init(of calls: RunningCalls) {
    self.calls = calls
    calls.add(1)
  }

  deinit {
    self.calls.add(-1)
  }
}
