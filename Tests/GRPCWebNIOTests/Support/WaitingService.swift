import GRPCCore
import GRPCWebTestSupport
import SwiftProtobuf

/// A service that waits to be cancelled, and opens gates for the test as it is.
@available(GRPCWeb 1.0, *)
struct WaitingService: Sendable {
  /// What a handler does while it waits.
  enum Activity: String, CaseIterable {
    case sleeps
    case reads
    case writes
  }

  /// Open when a handler runs.
  let isRunning = Gate()
  /// Open when the task of a handler has been cancelled.
  let isTaskCancelled = Gate()
  /// Open when the cancellation handle of an RPC has been cancelled.
  let isHandleCancelled = Gate()
  /// Open when a handler has returned.
  let hasEnded = Gate()

  /// The service: its method `Get` sleeps, `Collect` reads, `Expand` writes, without an end.
  var service: ScriptedService {
    ScriptedService(
      onGet: { _, _ in
        try await self.waiting { try await suspendUntilCancelled() }
        return ServerResponse(message: EchoMessage())
      },
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          try await self.waiting {
            while true {
              try await writer.write(.with { $0.text = "tick" })
              try await Task.sleep(for: .milliseconds(1))
            }
          }
          return [:]
        }
      },
      onCollect: { request, _ in
        try await self.waiting {
          for try await _ in request.messages {}
        }
        return ServerResponse(message: EchoMessage())
      }
    )
  }

  private func waiting(_ operation: () async throws -> Void) async throws {
    self.isRunning.open()
    defer { self.hasEnded.open() }
    try await withTaskCancellationHandler {
      try await withRPCCancellationHandler {
        try await operation()
      } onCancelRPC: {
        self.isHandleCancelled.open()
      }
    } onCancel: {
      self.isTaskCancelled.open()
    }
  }
}
