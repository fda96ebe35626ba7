#if NIO
package import GRPCWeb
package import NIOCore

/// What those channels of one event loop share that answer the calls of one server.
///
/// Everything is to be called on the event loop.
@available(GRPCWeb 1.0, *)
package final class EventLoopResources {
  /// Starts services on the threads of Swift's tasks.
  let startBatch: ServiceStartBatch
  /// Delivers the events of calls from those threads.
  let mailbox: EventLoopMailbox
  /// The date of responses.
  let date = DateCache()
  /// The timers of requests of which no bytes come; `nil` where these are allowed any time.
  let requestReadTimeouts: TimeoutQueue?
  /// The timers of responses of which the client takes no bytes; `nil` where these are allowed any time.
  let responseWriteTimeouts: TimeoutQueue?

  private let eventLoop: any EventLoop
  /// The timers of all other timeouts, each of which comes from the configuration of a server.
  private var timeoutQueues: [Duration: TimeoutQueue] = [:]

  private init(eventLoop: any EventLoop, limits: GRPCWebServer.Config.Limits) {
    self.eventLoop = eventLoop
    self.startBatch = ServiceStartBatch(eventLoop: eventLoop)
    self.mailbox = EventLoopMailbox(eventLoop: eventLoop)
    self.requestReadTimeouts = limits.requestReadTimeout.map {
      TimeoutQueue(timeout: $0, eventLoop: eventLoop)
    }
    self.responseWriteTimeouts = limits.responseWriteTimeout.map {
      TimeoutQueue(timeout: $0, eventLoop: eventLoop)
    }
  }

  /// Returns the resources of an event loop; to be called on it.
  package static func of(
    _ eventLoop: any EventLoop,
    _ transport: GRPCWebServerTransport
  ) -> EventLoopResources {
    transport.eventLoopStorage.value(of: eventLoop) {
      NIOLoopBound(
        EventLoopResources(eventLoop: eventLoop, limits: transport.limits),
        eventLoop: eventLoop
      )
    }.value
  }

  /// Returns the timers of a timeout.
  func timeoutQueue(for timeout: Duration) -> TimeoutQueue {
    if let queue = self.timeoutQueues[timeout] {
      return queue
    }
    let queue = TimeoutQueue(timeout: timeout, eventLoop: self.eventLoop)
    self.timeoutQueues[timeout] = queue
    return queue
  }
}
#endif
