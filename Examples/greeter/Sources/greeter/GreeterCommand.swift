import ArgumentParser
import Foundation
import GRPCWebHummingbird
import GreeterService
import Hummingbird

/// One port and one process: a web page, an ordinary route, and a gRPC service that the page calls.
@main
struct GreeterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "greeter",
    abstract: "A web app that answers gRPC-Web calls."
  )

  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "The port to listen on; 0 picks one.")
  var port = 8080

  @Option(help: "The pause between two messages of a stream, in milliseconds.")
  var pause = 100

  @Option(
    name: .customLong("allow-origin"),
    help: "An origin whose pages may call, such as http://localhost:3000, or '*'. Repeatable."
  )
  var allowedOrigins: [String] = []

  func validate() throws {
    guard (0 ... 65_535).contains(self.port) else {
      throw ValidationError("--port takes a number from 0 to 65535.")
    }
    guard self.pause >= 0 else {
      throw ValidationError("--pause takes a number of milliseconds, 0 or more.")
    }
  }

  func run() async throws {
    let grpcWeb = GRPCWebServer(
      services: [Greeter(pause: .milliseconds(self.pause))],
      configuration: .defaults {
        $0.cors = self.allowedOrigins.contains("*") ? .allowAll : .allow(origins: allowedOrigins)
      }
    )

    let router = Router(context: GRPCWebRequestContext.self)
    router.add(middleware: grpcWeb.middleware())
    router.add(middleware: FileMiddleware(Bundle.module.path("Public"), searchForIndexHtml: true))
    router.get("healthz") { _, _ in
      Health(status: "ok")
    }

    let app = Application(
      router: router,
      configuration: ApplicationConfiguration(address: .hostname(self.host, port: self.port)),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? self.port
        let line = "Greeter is listening on http://\(self.host):\(port)\n"
        FileHandle.standardOutput.write(Data(line.utf8))
      }
    )
    try await app.runService()
  }
}

/// The answer of the ordinary route.
struct Health: ResponseCodable {
  var status: String
}

extension Bundle {
  fileprivate func path(_ resource: String) -> String {
    self.bundleURL.appendingPathComponent(resource).path
  }
}
