internal import HTTPTypes
package import Logging
package import NIOCore

@available(GRPCWeb 1.0, *)
extension GRPCWebServerTransport {
  /// Answers a call: see ``GRPCWebServer/respond(to:body:peers:logger:requestContext:watchClient:)``.
  package func respond<Body: AsyncSequence & Sendable>(
    to call: GRPCWebCallHead,
    body: Body,
    peers: GRPCWebPeers,
    logger: Logger? = nil,
    requestContext: (any Sendable)? = nil,
    watchClient: ((_ clientIsGone: @escaping @Sendable () -> Void) -> Void)? = nil
  ) async -> GRPCWebResponse where Body.Element == ByteBuffer {
    let call = self.makeCall(call, logger: logger, requestContext: requestContext)
    self.start(call, body: body, peers: peers)
    if let watchClient = watchClient, call.isOpen {
      watchClient { [weak call] in call?.abandon() }
    }
    let output = await withTaskCancellationHandler {
      await call.nextOutput()
    } onCancel: {
      call.abandon()
    }

    guard let output = output, let head = output.head else {
      // The first output of a response always has its head.
      return GRPCWebResponse(head: HTTPResponse(status: .internalServerError), body: .complete([]))
    }
    if output.isEnd && head.headerFields.contains(.contentLength) && !call.isReading {
      return GRPCWebResponse(head: head, body: .complete(output.body))
    }
    let stream = GRPCWebResponseStream(call: call, first: output)
    return GRPCWebResponse(head: head, body: .stream(stream))
  }
}
