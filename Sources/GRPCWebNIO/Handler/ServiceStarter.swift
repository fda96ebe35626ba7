internal import GRPCWeb
internal import NIOCore
internal import NIOPosix

/// Starts the services of the calls that came in one turn of an event loop, at the end of the turn.
///
/// To start a service wakes a thread, which where threads are few would then run at once, for one call,
/// while others wait to be read. Services that are started together wake one thread.
@available(GRPCWeb 1.0, *)
final class ServiceStarter: Sendable {
  private static let ofThread = ThreadSpecificVariable<ServiceStarter>()

  private let eventLoop: any EventLoop
  private let starts: NIOLoopBoundBox<[() -> Void]>

  private init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    self.starts = NIOLoopBoundBox([], eventLoop: eventLoop)
  }

  /// Returns the starter of an event loop, on which it is to be called.
  static func of(_ eventLoop: any EventLoop) -> ServiceStarter {
    if let starter = self.ofThread.currentValue, starter.eventLoop === eventLoop {
      return starter
    }
    let starter = ServiceStarter(eventLoop: eventLoop)
    self.ofThread.currentValue = starter
    return starter
  }

  /// Starts a service, when what else has come has been read.
  func add(_ start: @escaping () -> Void) {
    self.starts.value.append(start)
    if self.starts.value.count == 1 {
      self.eventLoop.execute { self.startAll() }
    }
  }

  private func startAll() {
    let starts = self.starts.value
    self.starts.value = []
    for start in starts {
      start()
    }
  }
}
