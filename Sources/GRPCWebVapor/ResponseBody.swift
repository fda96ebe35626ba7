#if Vapor
internal import GRPCWeb
internal import HTTPTypes
internal import NIOCore
internal import Synchronization
internal import Vapor

@available(GRPCWeb 1.0, *)
extension Vapor.Response.Body {
  /// Creates the body of a response, at whose end the rest of the request is dropped.
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
        // Vapor calls this closure a second time when sending fails.
        guard once.isFirst() else { return }
        defer { request.drop() }
        do {
          // Vapor sends the head with the first write, which may be empty.
          try await writer.write(.buffer(ByteBuffer()))
          try await stream.write { buffers in
            for buffer in buffers {
              try await writer.write(.buffer(buffer))
            }
          } end: {
            try await writer.write(.end)
            // The call has ended, even if the service still reads from the request.
            request.drop()
          }
        } catch {
          try await writer.write(.error(error))
        }
      })
    }
  }
}

/// Distinguishes the first call of a closure from further calls.
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
