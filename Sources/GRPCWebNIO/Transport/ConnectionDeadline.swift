#if NIO
internal import NIOCore

/// Closes a connection when its client doesn't do something in time, such as a handshake.
@available(GRPCWeb 1.0, *)
final class ConnectionDeadline: Sendable {
  private struct Running {
    var queue: TimeoutQueue
    var timer: TimeoutQueue.Timer
  }

  private let running: NIOLoopBoundBox<Running?>

  /// Starts the client's time.
  ///
  /// To be called on the connection's event loop, like everything here.
  ///
  /// - Parameters:
  ///   - queue: The timers of that time; `nil` for unlimited time.
  ///   - channel: The connection.
  init(_ queue: TimeoutQueue?, closing channel: any Channel) {
    let running = queue.map { queue in
      Running(queue: queue, timer: queue.start { channel.close(promise: nil) })
    }
    self.running = NIOLoopBoundBox(running, eventLoop: channel.eventLoop)
    channel.closeFuture.whenComplete { _ in self.meet() }
  }

  /// Cancels the deadline: the client was in time, or has gone.
  func meet() {
    guard let running = self.running.value.take() else { return }
    running.queue.cancel(running.timer)
  }
}
#endif
