import ArgumentParser
import GRPCWebVapor
import GreeterApp
import Vapor

/// The greeter in a Vapor app: its page, an ordinary route, and the gRPC service.
@main
struct GreeterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vapor-greeter",
    abstract: "A Vapor app that answers gRPC-Web calls."
  )

  @OptionGroup
  var options: GreeterOptions

  func run() async throws {
    let grpcWeb = GRPCWebServer(
      config: .defaults { $0.cors = self.options.cors }
    ) {
      self.options.greeter
    }

    // Vapor would read the command line, too.
    let app = try await Application.make(.init(name: "production", arguments: ["vapor"]))
    app.http.server.configuration.hostname = self.options.host
    app.http.server.configuration.port = self.options.port
    app.middleware.use(
      FileMiddleware(publicDirectory: GreeterPage.folder.path, defaultFile: "index.html")
    )
    app.middleware.use(grpcWeb.middleware(), at: .beginning)
    app.get("healthz") { _ in
      Health(status: "ok")
    }

    do {
      try await app.startup()
      self.options.announce(port: app.http.server.shared.localAddress?.port)
      try await app.running?.onStop.get()
    } catch {
      try? await app.asyncShutdown()
      throw error
    }
    try await app.asyncShutdown()
  }
}

/// The answer of the ordinary route.
struct Health: Content {
  var status: String
}
