#if NIO
internal import GRPCWeb
internal import NIOCore

/// The calls that came in one turn of an event loop, whose services are started together at the end of the turn.
///
/// Starting a service wakes a thread, which with few threads would run at once, for one call, while other calls wait to
/// be read. One task starts several services, so that they wake one thread.
@available(GRPCWeb 1.0, *)
final class ServiceStartBatch {
  private struct Start: Sendable {
    var call: ServerCall
    var peers: GRPCWebPeers
  }

  private let eventLoop: any EventLoop
  private var starts: [Start] = []

  /// Creates the batch of an event loop, on which it is to be used.
  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Adds a call, whose service is started when everything else that has come in this turn has been read.
  ///
  /// - Parameters:
  ///   - call: The call.
  ///   - peers: The two ends of its connection.
  ///   - transport: The transport whose server has the service; not stored, as the transport owns this batch.
  func start(_ call: ServerCall, peers: GRPCWebPeers, by transport: GRPCWebServerTransport) {
    self.starts.append(Start(call: call, peers: peers))
    if self.starts.count == 1 {
      self.eventLoop.assumeIsolated().execute { self.startAll(by: transport) }
    }
  }

  private func startAll(by transport: GRPCWebServerTransport) {
    let starts = self.starts
    self.starts = []
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
