import GRPCCore
import GRPCWebTestSupport
import SwiftProtobuf

/// A service that waits to be cancelled, and tells a test when it is.
@available(GRPCWeb 1.0, *)
struct WaitingService: Sendable {
  /// What a handler does meanwhile.
  enum Activity: String, CaseIterable {
    case sleeps
    case reads
    case writes
  }

  /// Open when a handler runs.
  let isRunning = Gate()
  /// Open when its task has been cancelled.
  let isTaskCancelled = Gate()
  /// Open when its RPC's cancellation handle has been cancelled.
  let isHandleCancelled = Gate()
  /// Open when it has returned.
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
