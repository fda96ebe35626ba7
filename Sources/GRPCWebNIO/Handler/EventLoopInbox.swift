internal import GRPCWeb
internal import NIOCore
internal import Synchronization

/// Brings the words of calls to an event loop from other threads, as many at a time as there are.
///
/// To wake an event loop costs about as much as a small call does, and where threads are fewer than what
/// there is to do it would run at once, for one response. So the first word doesn't wake it, but starts a
/// task that does. That task comes behind the services that are ready to run by then; what they have to
/// say comes along.
@available(GRPCWeb 1.0, *)
final class EventLoopInbox: Sendable {
  /// What a call has to say to the front of its connection.
  struct Word: Sendable {
    enum Content: Sendable {
      /// There is something to send.
      case outputIsReady
      /// There is room for more of the request.
      case hasRoom
    }

    var content: Content
    var call: ServerCall
    var front: EventLoopFront
  }

  private struct State {
    var words: [Word] = []
    /// When the first came.
    var since = NIODeadline.distantFuture
  }

  /// How long the first word may wait for others, as services may run for long.
  private static let patience = TimeAmount.microseconds(100)

  private let eventLoop: any EventLoop
  private let state = Mutex(State())

  /// Creates the inbox of an event loop.
  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Brings a word to the event loop, soon.
  func add(_ word: Word) {
    let now = NIODeadline.now()
    let (isFirst, isLate) = self.state.withLock { state in
      let isFirst = state.words.isEmpty
      state.words.append(word)
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

  /// Brings all words there are to the event loop.
  private func empty() {
    let words = self.state.withLock { state in
      defer { state.words = [] }
      return state.words
    }
    guard !words.isEmpty else { return }
    self.eventLoop.execute {
      for word in words {
        word.front.receive(word.content, of: word.call)
      }
    }
  }
}
