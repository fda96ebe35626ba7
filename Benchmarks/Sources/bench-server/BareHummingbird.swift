import Hummingbird
import HummingbirdCore
import NIOPosix

/// Serves a route that reads the body of a request and answers with the same bytes each time.
func serveBareHummingbird(announce: @escaping @Sendable (_ port: Int) -> Void) async throws {
  let body = try UnaryAnswer.body()
  let router = Router()
  router.post("\(UnaryAnswer.path)") { request, _ in
    _ = try await request.body.collect(upTo: 4 * 1024 * 1024)
    return Response(
      status: .ok,
      headers: [.contentType: UnaryAnswer.contentType],
      body: ResponseBody(byteBuffer: body)
    )
  }
  try await serve(router, announce: announce)
}

/// Serves what a router answers, on one event loop.
func serve(
  _ router: Router<BasicRequestContext>,
  by server: HTTPServerBuilder = .http1(),
  announce: @escaping @Sendable (_ port: Int) -> Void
) async throws {
  let app = Application(
    router: router,
    server: server,
    configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { channel in
      if let port = channel.localAddress?.port {
        announce(port)
      }
    },
    eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1))
  )
  try await app.runService()
}
