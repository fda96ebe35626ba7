import ArgumentParser
import GRPCWebHummingbird
import GreeterApp
import Hummingbird

/// One port and one process: a web page, an ordinary route, and a gRPC service that the page calls.
@main
struct GreeterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "greeter",
    abstract: "A web app that answers gRPC-Web calls."
  )

  @OptionGroup
  var options: GreeterOptions

  func run() async throws {
    let grpcWeb = GRPCWebServer(
      config: .defaults { $0.cors = self.options.cors }
    ) {
      self.options.greeter
    }

    let router = Router(context: GRPCWebRequestContext.self)
    router.add(middleware: grpcWeb.middleware())
    router.add(middleware: FileMiddleware(GreeterPage.folder.path, searchForIndexHtml: true))
    router.get("healthz") { _, _ in
      Health(status: "ok")
    }

    var app = Application(
      router: router,
      server: .grpcWebMiddleware(grpcWeb),
      configuration: ApplicationConfiguration(
        address: .hostname(self.options.host, port: self.options.port)
      ),
      onServerRunning: { self.options.announce(port: $0.localAddress?.port) }
    )
    app.addServices(grpcWeb)
    try await app.runService()
  }
}

/// The answer of the ordinary route.
struct Health: ResponseCodable {
  var status: String
}
