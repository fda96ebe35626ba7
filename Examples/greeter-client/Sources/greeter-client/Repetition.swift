import Foundation
import GRPCCore
import GRPCWebAsyncHTTPClient
import GreeterService
import Synchronization

/// Makes the same call many times, many at once, and checks every answer.
///
/// Prints the number of calls made after each tenth of them.
struct Repetition: Sendable {
  var count: Int
  var parallel: Int
  var method: Method
  var request: Request

  /// The calls of asynchronous code, in tasks.
  func run(on greeter: Helloworld_Greeter.Client<some ClientTransport>) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0 ..< self.count {
        if index >= self.parallel {
          try await group.next()
          self.report(index + 1 - self.parallel)
        }
        group.addTask { try self.check(try await self.answer(of: greeter)) }
      }
      try await group.waitForAll()
      self.report(self.count)
    }
  }

  private func answer(
    of greeter: Helloworld_Greeter.Client<some ClientTransport>
  ) async throws -> String {
    switch self.method {
    case .sayHelloSlowly:
      return try await greeter.sayHelloSlowly(self.request.hello) { response in
        try await response.messages.reduce(into: "") { $0 += $1.message }
      }
    default:
      return try await greeter.sayHello(self.request.hello).message
    }
  }

  /// The calls of code that isn't asynchronous, in threads.
  func run(over client: BlockingGRPCClient<some ClientTransport>) throws {
    let progress = Mutex(Progress())
    let threads = DispatchGroup()

    for _ in 0 ..< self.parallel {
      threads.enter()
      Thread.detachNewThread {
        while progress.withLock({ $0.start(upTo: self.count) }) {
          let result = Result { try self.check(try self.answer(over: client)) }
          self.report(progress.withLock { $0.end(with: result) })
        }
        threads.leave()
      }
    }
    threads.wait()
    if let failure = progress.withLock({ $0.failure }) {
      throw failure
    }
  }

  private func answer(over client: BlockingGRPCClient<some ClientTransport>) throws -> String {
    let greeter = Helloworld_Greeter.Client(wrapping: client.grpcClient)
    switch self.method {
    case .sayHelloSlowly:
      let replies = try client.messages {
        try await greeter.sayHelloSlowly(self.request.hello, onResponse: $0)
      }
      return try replies.reduce(into: "") { $0 += try $1.get().message }
    default:
      return try client.wait { try await greeter.sayHello(self.request.hello).message }
    }
  }

  private func check(_ answer: String) throws {
    guard answer == "Hello, \(self.request.argument)!" else {
      throw RPCError(code: .dataLoss, message: "The answer is wrong: '\(answer)'.")
    }
  }

  private func report(_ calls: Int) {
    if calls.isMultiple(of: max(1, self.count / 10)) {
      Output(printsMetadata: false).write("\(calls) calls")
    }
  }
}

/// How far the threads have come.
private struct Progress {
  var started = 0
  var ended = 0
  var failure: (any Error)?

  mutating func start(upTo count: Int) -> Bool {
    guard self.started < count && self.failure == nil else { return false }
    self.started += 1
    return true
  }

  mutating func end(with result: Result<Void, any Error>) -> Int {
    if case .failure(let error) = result {
      self.failure = self.failure ?? error
    }
    self.ended += 1
    return self.ended
  }
}
