import ArgumentParser
import Foundation

/// Makes calls for the benchmarks, and says what they took.
@main
struct BenchClientCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-client",
    abstract:
      "Makes the benchmarks' calls for a while, and prints how many, and the CPU time they took."
  )

  @Option(help: "Where the server is.")
  var url: String

  @Option(help: "What makes the calls.")
  var client: Client

  @Option(help: "The call to make.")
  var call: Call

  @Option(help: "For how long to make calls, in seconds.")
  var seconds: Double

  @Option(help: "How many unary calls to make at once.")
  var parallel = 32

  @Option(help: "How many messages a stream has, of 16 bytes each.")
  var messages = 100_000

  func run() async throws {
    let load = Load(
      call: self.call,
      parallel: self.call == .stream ? 1 : self.parallel,
      messages: self.messages
    )
    let result = try await self.client.run(load, seconds: self.seconds, url: self.url)
    let line = """
      RESULT {"count": \(result.count), "seconds": \(result.seconds), "cpu_seconds": \
      \(result.cpuSeconds)}

      """
    FileHandle.standardOutput.write(Data(line.utf8))
  }
}

/// What is called.
enum Call: String, CaseIterable, ExpressibleByArgument {
  /// A small message for a small message: counts calls.
  case unary
  /// A stream for a small message: counts messages.
  case stream
}
