import BenchService
import GRPCWebHummingbird
import Hummingbird
import HummingbirdCore

/// Serves the service before the router of an app that has nothing else.
func serveNIOHummingbird(announce: @escaping @Sendable (_ port: Int) -> Void) async throws {
  let grpcWeb = BenchService.makeGRPCWebServer()
  try await serve(Router(), by: .grpcWeb(grpcWeb), announce: announce)
}
