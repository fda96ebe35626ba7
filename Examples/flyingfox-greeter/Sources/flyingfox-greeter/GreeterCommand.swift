import ArgumentParser
import FlyingFox
import FlyingSocks
import Foundation
import GRPCWebFlyingFox
import GreeterApp

/// The greeter in a FlyingFox server: its page, an ordinary route, and the gRPC service.
@main
struct GreeterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flyingfox-greeter",
    abstract: "A FlyingFox server that answers gRPC-Web calls."
  )

  @OptionGroup
  var options: GreeterOptions

  func run() async throws {
    let grpcWeb = GRPCWebServer(
      config: .defaults { $0.cors = self.options.cors }
    ) {
      self.options.greeter
    }

    let server = HTTPServer(
      address: try .inet(ip4: self.options.host, port: UInt16(self.options.port)),
      // The time that a unary call may take.
      timeout: 600,
      pool: .noDelay(),
      logger: .disabled
    )
    await server.appendRoute("*", to: grpcWeb.handler())
    await server.appendRoute("GET /healthz") { _ in
      HTTPResponse(
        statusCode: .ok,
        headers: [.contentType: "application/json"],
        body: Data(#"{"status":"ok"}"#.utf8)
      )
    }
    let index = GreeterPage.folder.appendingPathComponent("index.html")
    await server.appendRoute("GET /", to: FileHTTPHandler(path: index, contentType: "text/html"))
    await server.appendRoute("GET /*", to: DirectoryHTTPHandler(root: GreeterPage.folder))

    async let running: Void = server.run()
    try await server.waitUntilListening()
    self.options.announce(port: await server.listeningPort)
    try await running
  }
}

extension HTTPServer {
  /// The port that the system has chosen, once the server listens.
  var listeningPort: Int? {
    guard case .ip4(_, let port)? = self.listeningAddress else { return nil }
    return Int(port)
  }
}
