import ArgumentParser
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GreeterService

/// The greeter over ordinary gRPC, for a proxy that translates gRPC-Web to stand before it.
@main
struct GreeterHTTP2Command: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "greeter-http2",
    abstract: "The greeter over HTTP/2, without TLS."
  )

  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "The port to listen on; 0 picks one.")
  var port = 8080

  @Option(help: "The pause between two messages of a stream, in milliseconds.")
  var pause = 100

  func run() async throws {
    let server = GRPCServer(
      transport: .http2NIOPosix(
        address: .ipv4(host: self.host, port: self.port),
        transportSecurity: .plaintext,
        config: .defaults { $0.compression.enabledAlgorithms = .all }
      ),
      services: [Greeter(pause: .milliseconds(self.pause))],
      interceptors: [PseudoHeaderFilter()]
    )
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask {
        try await server.serve()
      }
      if let address = try await server.listeningAddress?.ipv4 {
        let line = "Greeter is listening on http://\(address.host):\(address.port)\n"
        FileHandle.standardOutput.write(Data(line.utf8))
      }
    }
  }
}
