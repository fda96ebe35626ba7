#if NIO
internal import NIOCore

/// Closes a connection after some time, unless the client has done by then what the time was given for.
@available(GRPCWeb 1.0, *)
final class ConnectionDeadline: Sendable {
  private struct Running {
    var queue: TimeoutQueue
    var timer: TimeoutQueue.Timer
  }

  private let running: NIOLoopBoundBox<Running?>

  /// Gives a client time from now on.
  ///
  /// To be called on the connection's event loop, like everything here.
  ///
  /// - Parameters:
  ///   - queue: The timers of as much time; `nil` for unlimited time.
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
