#if Hummingbird
internal import GRPCWeb
internal import Hummingbird

@available(GRPCWeb 1.0, *)
extension Hummingbird.Response {
  /// The response to a call.
  ///
  /// - Parameters:
  ///   - response: The response, as a server made it.
  ///   - server: The server, which begins graceful shutdown when the app does while the response is written.
  init(_ response: GRPCWebResponse, of server: GRPCWebServer) {
    self.init(
      status: response.head.status,
      headers: response.head.headerFields,
      body: ResponseBody(response.body, of: server)
    )
  }
}

@available(GRPCWeb 1.0, *)
extension ResponseBody {
  fileprivate init(_ body: GRPCWebResponse.Body, of server: GRPCWebServer) {
    switch body {
    case .complete(let buffers):
      // Hummingbird coalesces only the head and two buffers into one write.
      switch buffers.count {
      case 0:
        self.init()
      case 1:
        self.init(byteBuffer: buffers[0])
      default:
        self.init(contentsOf: buffers)
      }
    case .stream(let stream):
      self.init { writer in
        let writing = StreamWriting(stream, to: writer)
        try await writing.run(draining: server)
      }
    }
  }
}
#endif
