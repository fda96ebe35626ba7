#if NIO
internal import GRPCWeb
internal import NIOCore

/// The calls that came in one turn of an event loop, whose services are started together at the end of the turn.
///
/// Starting a service wakes a thread. Where there are few threads it would run at once, for one call,
/// while others wait to be read. Several services are started by one task, so that they wake one thread.
@available(GRPCWeb 1.0, *)
final class ServiceStartBatch: Sendable {
  private struct Start: Sendable {
    var call: ServerCall
    var peers: GRPCWebPeers
  }

  private let eventLoop: any EventLoop
  private let starts: NIOLoopBoundBox<[Start]>

  /// Creates the batch of an event loop; to be called on it.
  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    self.starts = NIOLoopBoundBox([], eventLoop: eventLoop)
  }

  /// Adds a call, whose service is started when everything else that has come in this turn has been read.
  ///
  /// - Parameters:
  ///   - transport: The transport whose server has the service; not kept here, as it owns this batch.
  ///   - call: The call.
  ///   - peers: The two ends of its connection.
  func start(_ call: ServerCall, peers: GRPCWebPeers, by transport: GRPCWebServerTransport) {
    self.starts.value.append(Start(call: call, peers: peers))
    if self.starts.value.count == 1 {
      self.eventLoop.execute { self.startAll(by: transport) }
    }
  }

  private func startAll(by transport: GRPCWebServerTransport) {
    let starts = self.starts.value
    self.starts.value = []
    if starts.count == 1 {
      transport.start(starts[0].call, peers: starts[0].peers)
    } else {
      Task.detached {
        for start in starts {
          transport.start(start.call, peers: start.peers)
        }
      }
    }
  }
}
#endif
