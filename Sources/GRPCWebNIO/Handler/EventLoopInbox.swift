internal import NIOCore
internal import Synchronization

/// Brings work to an event loop from other threads, as much of it at a time as there is.
///
/// To wake an event loop costs about as much as a small call does, and where threads are fewer than what
/// there is to do it would run at once, for one response. So the first piece of work doesn't wake it, but
/// starts a task that does. That task comes behind the services that are ready to run by then; what they
/// have to bring comes along.
@available(GRPCWeb 1.0, *)
final class EventLoopInbox: Sendable {
  private struct State {
    var work: [@Sendable () -> Void] = []
    /// When the first piece came.
    var since = NIODeadline.distantFuture
  }

  /// How long the first piece of work may wait for others, as services may run for long.
  private static let patience = TimeAmount.microseconds(100)

  private let eventLoop: any EventLoop
  private let state = Mutex(State())

  /// Creates the inbox of an event loop.
  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Runs some work on the event loop, soon.
  func add(_ work: @escaping @Sendable () -> Void) {
    let now = NIODeadline.now()
    let (isFirst, isLate) = self.state.withLock { state in
      let isFirst = state.work.isEmpty
      state.work.append(work)
      if isFirst {
        state.since = now
      }
      return (isFirst, now - state.since > Self.patience)
    }
    if isLate {
      self.empty()
    } else if isFirst {
      Task.detached { self.empty() }
    }
  }

  /// Runs all work there is on the event loop.
  private func empty() {
    let work = self.state.withLock { state in
      defer { state.work = [] }
      return state.work
    }
    guard !work.isEmpty else { return }
    self.eventLoop.execute {
      for work in work {
        work()
      }
    }
  }
}
