#if NIO
internal import NIOCore
internal import NIOHTTP2

/// Forwards the creation and the closing of streams to another delegate, and drops the closing of a stream whose
/// creation wasn't reported.
///
/// SwiftNIO reports the closing of a stream whose head is faulty, but not its creation. SwiftNIO's connection
/// management handler, the other delegate, asserts that both are reported.
@available(GRPCWeb 1.0, *)
final class HTTP2StreamPairs: NIOHTTP2StreamDelegate, Sendable {
  private let delegate: any NIOHTTP2StreamDelegate & Sendable
  private let open: NIOLoopBoundBox<Set<HTTP2StreamID>>

  /// Creates the delegate of one connection, on whose event loop it is called.
  init(_ delegate: any NIOHTTP2StreamDelegate & Sendable, eventLoop: any EventLoop) {
    self.delegate = delegate
    self.open = NIOLoopBoundBox([], eventLoop: eventLoop)
  }

  func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
    if self.open.value.insert(id).inserted {
      self.delegate.streamCreated(id, channel: channel)
    }
  }

  func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {
    if self.open.value.remove(id) != nil {
      self.delegate.streamClosed(id, channel: channel)
    }
  }
}
#endif
