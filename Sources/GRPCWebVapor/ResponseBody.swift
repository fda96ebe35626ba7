#if Vapor
internal import GRPCWeb
internal import HTTPTypes
internal import NIOCore
internal import Synchronization
internal import Vapor

@available(GRPCWeb 1.0, *)
extension Vapor.Response.Body {
  /// The body of a response; when it ends, what is left of the request is dropped.
  init(_ response: GRPCWebResponse, after request: RequestBody) {
    switch response.body {
    case .complete(let buffers):
      request.drop()
      var whole = ByteBuffer()
      if buffers.count == 1 {
        whole = buffers[0]
      } else {
        for buffer in buffers {
          whole.writeImmutableBuffer(buffer)
        }
      }
      self.init(buffer: whole)
    case .stream(let stream):
      let once = Once()
      self.init(asyncStream: { writer in
        // When sending fails Vapor calls this a second time.
        guard once.isFirst() else { return }
        defer { request.drop() }
        do {
          // Vapor sends the head with the first bytes, be they none.
          try await writer.write(.buffer(ByteBuffer()))
          try await stream.write { buffers in
            for buffer in buffers {
              try await writer.write(.buffer(buffer))
            }
          } end: {
            try await writer.write(.end)
            // Whoever still reads from it, the call has ended.
            request.drop()
          }
        } catch {
          try await writer.write(.error(error))
        }
      })
    }
  }
}

/// Tells the first from those that follow.
@available(GRPCWeb 1.0, *)
private final class Once: Sendable {
  private let hasBeen = Mutex(false)

  func isFirst() -> Bool {
    self.hasBeen.withLock { hasBeen in
      defer { hasBeen = true }
      return !hasBeen
    }
  }
}
#endif
