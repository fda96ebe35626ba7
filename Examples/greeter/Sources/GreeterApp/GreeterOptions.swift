public import ArgumentParser
import Foundation
public import GRPCWeb
public import GreeterService

/// The flags of every greeter, whatever its framework.
public struct GreeterOptions: ParsableArguments, Sendable {
  /// The address to listen on.
  @Option(help: "The address to listen on.")
  public var host = "127.0.0.1"

  /// The port to listen on; 0 picks one.
  @Option(help: "The port to listen on; 0 picks one.")
  public var port = 8080

  /// The pause between two messages of a stream, in milliseconds.
  @Option(help: "The pause between two messages of a stream, in milliseconds.")
  public var pause = 100

  /// The origins whose pages may call; `*` is every one.
  @Option(
    name: .customLong("allow-origin"),
    help: "An origin whose pages may call, such as http://localhost:3000, or '*'. Repeatable."
  )
  public var allowedOrigins: [String] = []

  /// Creates the flags as they are without arguments.
  public init() {}

  /// Refuses numbers that make no sense.
  public func validate() throws {
    guard (0 ... 65_535).contains(self.port) else {
      throw ValidationError("--port takes a number from 0 to 65535.")
    }
    guard self.pause >= 0 else {
      throw ValidationError("--pause takes a number of milliseconds, 0 or more.")
    }
  }

  /// The service, as the flags have it.
  public var greeter: Greeter {
    Greeter(pause: .milliseconds(self.pause))
  }

  /// Who may call, as the flags have it.
  public var cors: GRPCWebServer.Config.CORS {
    self.allowedOrigins.contains("*") ? .allowAll : .allow(origins: self.allowedOrigins)
  }

  /// Prints where the greeter listens, for people and for scripts.
  public func announce(port: Int?) {
    let line = "Greeter is listening on http://\(self.host):\(port ?? self.port)\n"
    FileHandle.standardOutput.write(Data(line.utf8))
  }
}
