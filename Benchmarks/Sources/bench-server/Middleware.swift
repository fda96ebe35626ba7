import BenchService
import GRPCWebHummingbird
import Hummingbird

/// Serves the service by the middleware, in an app that has nothing else.
func serveMiddleware(announce: @escaping @Sendable (_ port: Int) -> Void) async throws {
  let router = Router()
  router.add(middleware: BenchService.makeGRPCWebServer().middleware())
  try await serve(router, announce: announce)
}
