package import NIOCore
internal import Synchronization

/// Values that adapters share on each event loop.
///
/// The storage retains the event loops as long as it lives. Thread-local variables would be simpler, but not every event
/// loop has a thread of its own.
@available(GRPCWeb 1.0, *)
package final class EventLoopStorage: Sendable {
  private struct Entry {
    var eventLoop: any EventLoop
    var value: any Sendable
  }

  private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

  init() {}

  /// Returns the value of an event loop, and creates the value on first use.
  package func value<Value: Sendable>(of eventLoop: any EventLoop, make: () -> Value) -> Value {
    self.entries.withLock { entries in
      if let value = entries[ObjectIdentifier(eventLoop)]?.value as? Value {
        return value
      }
      let value = make()
      entries[ObjectIdentifier(eventLoop)] = Entry(eventLoop: eventLoop, value: value)
      return value
    }
  }
}
