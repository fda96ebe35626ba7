import BenchService
import Foundation
import GRPCCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Calls, many at once or one after the other.
struct Load: Sendable {
  /// What calls for a time have come to.
  struct Result: Sendable {
    /// How many calls, or messages of streams, there were.
    var count: Int
    var seconds: Double
    /// What this process used of the CPU meanwhile, in user space and in the kernel.
    var cpuSeconds: Double
  }

  /// An answer isn't the one expected.
  struct WrongAnswer: Error {}

  var call: Call
  var parallel: Int
  var messages: Int

  /// How long calls are made before anything is counted.
  private static let warmUp = 0.5

  /// Makes calls with a generated stub.
  func run(over transport: some ClientTransport, seconds: Double) async throws -> Result {
    try await withGRPCClient(transport: transport) { client in
      let bench = Sonora_Bench_Bench.Client(wrapping: client)
      switch self.call {
      case .unary:
        return try await self.run(seconds: seconds) {
          let answer = try await bench.unary(.with { $0.name = "world" })
          try Self.check(answer.message == "Hello, world!")
          return 1
        }
      case .stream:
        let request = Sonora_Bench_StreamRequest.with {
          $0.messages = Int32(self.messages)
          $0.size = 16
        }
        return try await self.run(seconds: seconds) {
          try await bench.stream(request) { response in
            var count = 0
            for try await message in response.messages {
              try Self.check(message.data.count == 16)
              count += 1
            }
            try Self.check(count == self.messages)
            return count
          }
        }
      }
    }
  }

  /// Makes calls again and again.
  ///
  /// - Parameter call: Makes a call, and returns for how much it counts.
  func run(
    seconds: Double,
    _ call: @escaping @Sendable () async throws -> Int
  ) async throws -> Result {
    _ = try await self.count(seconds: Self.warmUp, call)
    let start = ContinuousClock.now
    let cpu = Self.cpuSeconds
    let count = try await self.count(seconds: seconds, call)
    let used = Self.cpuSeconds - cpu
    return Result(count: count, seconds: (.now - start) / .seconds(1), cpuSeconds: used)
  }

  private func count(
    seconds: Double,
    _ call: @escaping @Sendable () async throws -> Int
  ) async throws -> Int {
    let end = ContinuousClock.now + .seconds(seconds)
    return try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0 ..< self.parallel {
        group.addTask {
          var count = 0
          while ContinuousClock.now < end {
            count += try await call()
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
  }

  static func check(_ isRight: Bool) throws {
    guard isRight else { throw WrongAnswer() }
  }

  private static var cpuSeconds: Double {
    var usage = rusage()
    #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    #else
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    #endif
    return [usage.ru_utime, usage.ru_stime].reduce(0) { sum, time in
      sum + Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
  }
}
