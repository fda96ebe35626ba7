#if Hummingbird
internal import GRPCWeb
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

/// Writes the body of a response while its service runs, and stops when the grace period of graceful shutdown is over
/// and the client hasn't taken the body.
///
/// Hummingbird's writer waits for a client without limit. Only the cancellation of the writer's task ends the wait, so
/// the body is written in a task of its own.
///
/// Unchecked Sendable, although the writer isn't Sendable: only the task of ``run(draining:)`` uses the writer, and the
/// caller, which had it before, waits for the end of that task.
@available(GRPCWeb 1.0, *)
struct StreamWriting: @unchecked Sendable {
  private let stream: GRPCWebResponseStream
  private let writer: any ResponseBodyWriter

  init(_ stream: GRPCWebResponseStream, to writer: any ResponseBodyWriter) {
    self.stream = stream
    self.writer = writer
  }

  /// Writes to the end.
  ///
  /// When the app begins graceful shutdown meanwhile, so does the server. Writing is cancelled a second after the grace
  /// period is over: calls end with a status when it is over, which the client may take in that second.
  ///
  /// - Throws: What writing throws; a `CancellationError` when writing was cancelled.
  func run(draining server: GRPCWebServer) async throws {
    let writing = Task { try await self.write() }
    try await withTaskCancellationHandler {
      try await withGracefulShutdownHandler {
        try await writing.value
      } onGracefulShutdown: {
        server.beginGracefulShutdown()
        Task {
          try? await Task.sleep(for: server.closingPeriod)
          writing.cancel()
        }
      }
    } onCancel: {
      writing.cancel()
    }
  }

  private func write() async throws {
    var writer = self.writer
    try await self.stream.write {
      try await writer.write(contentsOf: $0)
    } end: {
      try await writer.finish(nil)
    }
  }
}
#endif
