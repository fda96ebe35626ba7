#if Hummingbird
internal import GRPCWeb
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

/// Writes the body of a response while its service runs, and gives up when a client doesn't take it any more after
/// graceful shutdown has begun.
///
/// Hummingbird's writer waits for a client for as long as it takes. Only the cancellation of its task ends that, and
/// so it gets a task of its own.
///
/// Sendable although the writer isn't: a task uses it that nobody else has, and whoever had it before waits for
/// the end of that task and doesn't use it meanwhile.
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
  /// The app's graceful shutdown meanwhile becomes the server's. When the grace period is over, and a second more,
  /// in which the client may take the status that calls then end with, this gives up.
  ///
  /// - Throws: What writing throws; a `CancellationError` after giving up.
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
