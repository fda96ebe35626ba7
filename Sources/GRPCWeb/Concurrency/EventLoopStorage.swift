package import NIOCore
internal import Synchronization

/// What fronts on event loops keep for each of them.
///
/// Keeps the event loops, too, for as long as it lives. Variables of threads would be simpler, but not all
/// event loops have a thread of their own.
@available(GRPCWeb 1.0, *)
package final class EventLoopStorage: Sendable {
  private struct Entry {
    var eventLoop: any EventLoop
    var value: any Sendable
  }

  private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

  init() {}

  /// Returns the value of an event loop, which is made when it is first asked for.
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
