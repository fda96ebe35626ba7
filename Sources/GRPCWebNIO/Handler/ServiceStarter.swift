internal import GRPCWeb
internal import NIOCore

/// Starts the services of the calls that came in one turn of an event loop, at the end of the turn.
///
/// To start a service wakes a thread, which where threads are few would then run at once, for one call,
/// while others wait to be read. Several services are started by one task, so that they wake one thread.
@available(GRPCWeb 1.0, *)
final class ServiceStarter: Sendable {
  private let eventLoop: any EventLoop
  private let starts: NIOLoopBoundBox<[@Sendable () -> Void]>

  /// Creates the starter of an event loop, on which it is to be called.
  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    self.starts = NIOLoopBoundBox([], eventLoop: eventLoop)
  }

  /// Starts a service, when what else has come has been read.
  func add(_ start: @escaping @Sendable () -> Void) {
    self.starts.value.append(start)
    if self.starts.value.count == 1 {
      self.eventLoop.execute { self.startAll() }
    }
  }

  private func startAll() {
    let starts = self.starts.value
    self.starts.value = []
    if starts.count == 1 {
      starts[0]()
    } else {
      Task.detached {
        for start in starts {
          start()
        }
      }
    }
  }
}
