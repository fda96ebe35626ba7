import ArgumentParser
import Foundation

/// A server for the benchmarks to load: one of several kinds, on one event loop.
@main
struct BenchServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-server",
    abstract: "Serves the benchmarks' calls."
  )

  @Option(help: "What answers.")
  var server: BenchServer

  func run() async throws {
    try await self.server.serve { port in
      let line = "Bench server is listening on http://127.0.0.1:\(port)\n"
      FileHandle.standardOutput.write(Data(line.utf8))
    }
  }
}
