#if NIO
package import NIOCore

/// The running timers of one event loop that share a timeout, in the order in which they fire.
///
/// SwiftNIO searches all scheduled tasks of an event loop to cancel one of them. A connection starts several timers
/// and cancels nearly all of them, so with many connections the search would cost more than a call. Timers of one
/// timeout fire in the order of their starts: a doubly linked list is all that is needed, in which starting,
/// restarting and cancelling a timer take constant time, and one scheduled task serves every timer.
///
/// Everything is to be called on the event loop.
@available(GRPCWeb 1.0, *)
package final class TimeoutQueue {
  /// A timer that was started.
  ///
  /// Once the timer has fired or was cancelled, this names no timer, also not one that was started later.
  package struct Timer: Hashable, Sendable {
    fileprivate var index: Int
    fileprivate var id: UInt64
  }

  private struct Entry {
    var id: UInt64
    var deadline: NIODeadline
    var previous: Int?
    var next: Int?
    /// What to call at the deadline; `nil` for an entry without a timer.
    var onTimeout: (() -> Void)?
  }

  /// The most entries that are kept while no timer runs.
  private static let maximumIdleEntries = 64

  private let timeout: TimeAmount
  private let eventLoop: any EventLoop
  private var entries: [Entry] = []
  /// The indices of the entries without a timer.
  private var free: [Int] = []
  private var first: Int?
  private var last: Int?
  private var lastID: UInt64 = 0
  private var isTaskScheduled = false

  /// Creates a queue without timers.
  ///
  /// - Parameters:
  ///   - timeout: How long after its start a timer fires.
  ///   - eventLoop: The event loop.
  package init(timeout: Duration, eventLoop: any EventLoop) {
    self.timeout = TimeAmount(timeout)
    self.eventLoop = eventLoop
  }

  /// The number of timers that run.
  var count: Int {
    self.entries.count - self.free.count
  }

  /// Starts a timer.
  ///
  /// - Parameter onTimeout: Called once, when the timer fires; released when the timer has fired or is cancelled.
  package func start(_ onTimeout: @escaping () -> Void) -> Timer {
    self.lastID += 1
    let timer = Timer(index: self.free.popLast() ?? self.entries.count, id: self.lastID)
    let entry = Entry(id: timer.id, deadline: self.eventLoop.now, onTimeout: onTimeout)
    if timer.index < self.entries.count {
      self.entries[timer.index] = entry
    } else {
      self.entries.append(entry)
    }
    self.append(timer.index)
    return timer
  }

  /// Lets a timer that runs begin anew.
  ///
  /// - Returns: Whether the timer runs; one that doesn't isn't started.
  func restart(_ timer: Timer) -> Bool {
    guard self.isRunning(timer) else { return false }
    self.unlink(timer.index)
    self.append(timer.index)
    return true
  }

  /// Cancels a timer; without effect on one that doesn't run.
  package func cancel(_ timer: Timer) {
    guard self.isRunning(timer) else { return }
    _ = self.remove(timer.index)
  }

  /// Returns whether a timer has neither fired nor been cancelled.
  func isRunning(_ timer: Timer) -> Bool {
    timer.index < self.entries.count && self.entries[timer.index].id == timer.id
  }

  // The list

  private func append(_ index: Int) {
    self.entries[index].deadline = self.eventLoop.now + self.timeout
    self.entries[index].previous = self.last
    self.entries[index].next = nil
    if let last = self.last {
      self.entries[last].next = index
    } else {
      self.first = index
    }
    self.last = index
    self.scheduleTask()
  }

  private func unlink(_ index: Int) {
    let previous = self.entries[index].previous
    let next = self.entries[index].next
    if let previous = previous {
      self.entries[previous].next = next
    } else {
      self.first = next
    }
    if let next = next {
      self.entries[next].previous = previous
    } else {
      self.last = previous
    }
  }

  private func remove(_ index: Int) -> (() -> Void)? {
    self.unlink(index)
    let onTimeout = self.entries[index].onTimeout.take()
    self.entries[index].id = 0
    self.free.append(index)
    if self.count == 0 && self.entries.count > Self.maximumIdleEntries {
      self.entries = []
      self.free = []
    }
    return onTimeout
  }

  // Firing

  /// Schedules a task for the first timer, unless one is scheduled.
  ///
  /// A task whose timer has been cancelled or restarted runs early, and then schedules the next.
  private func scheduleTask() {
    guard !self.isTaskScheduled, let first = self.first else { return }
    self.isTaskScheduled = true
    let deadline = self.entries[first].deadline
    self.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
      self?.fire()
    }
  }

  private func fire() {
    self.isTaskScheduled = false
    let now = self.eventLoop.now
    // Timers that are started meanwhile, perhaps without any timeout, wait for the next task.
    let lastID = self.lastID
    while let first = self.first, self.entries[first].deadline <= now,
      self.entries[first].id <= lastID
    {
      self.remove(first)?()
    }
    self.scheduleTask()
  }
}
#endif
