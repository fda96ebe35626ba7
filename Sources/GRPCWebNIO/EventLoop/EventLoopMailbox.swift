#if NIO
internal import GRPCWeb
internal import NIOCore
internal import Synchronization

/// A mailbox of an event loop: it delivers the events of calls, which other threads post, several at a time.
///
/// Waking an event loop costs about as much as a small call, and with fewer threads than work the loop would run at
/// once, for one response. So the first event starts a task that wakes the loop. The task is queued behind the services
/// that are ready to run by then, and delivers their events, too.
@available(GRPCWeb 1.0, *)
final class EventLoopMailbox: Sendable {
  /// A change of a call, for the delegate of the call.
  struct Event: Sendable {
    enum Kind: Sendable {
      /// There is output to send.
      case outputIsReady
      /// There is room for more of the request.
      case hasRoom
    }

    var kind: Kind
    var call: ServerCall
    var delegate: EventLoopCallDelegate
  }

  private struct State {
    var events: [Event] = []
    /// When the oldest pending event was posted.
    var oldestEventTime = NIODeadline.distantFuture
  }

  /// How long the oldest event may wait for others: the task that delivers them waits behind services, which may run for
  /// long.
  private static let maximumDelay = TimeAmount.microseconds(100)

  private let eventLoop: any EventLoop
  private let state = Mutex(State())

  /// Creates the mailbox of an event loop.
  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Posts an event, which is delivered on the event loop soon.
  func post(_ event: Event) {
    let now = NIODeadline.now()
    let (isFirst, isLate) = self.state.withLock { state in
      let isFirst = state.events.isEmpty
      state.events.append(event)
      if isFirst {
        state.oldestEventTime = now
      }
      return (isFirst, now - state.oldestEventTime > Self.maximumDelay)
    }
    if isLate {
      self.deliver()
    } else if isFirst {
      Task.detached { self.deliver() }
    }
  }

  /// Delivers all pending events on the event loop.
  private func deliver() {
    let events = self.state.withLock { state in
      defer { state.events = [] }
      return state.events
    }
    guard !events.isEmpty else { return }
    self.eventLoop.execute {
      for event in events {
        event.delegate.receive(event.kind, of: event.call)
      }
    }
  }
}
#endif
