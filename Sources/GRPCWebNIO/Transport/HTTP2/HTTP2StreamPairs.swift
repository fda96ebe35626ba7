#if NIO
internal import NIOCore
internal import NIOHTTP2

/// Tells another delegate of the streams of a connection, of each one's end only if it was told of its beginning.
///
/// SwiftNIO doesn't tell of the beginning of a stream whose head is faulty, but of its end, which its handler for
/// the lifetime of connections takes for a mistake.
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
