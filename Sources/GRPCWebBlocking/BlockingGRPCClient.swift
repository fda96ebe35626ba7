internal import Dispatch
public import GRPCCore
internal import Synchronization

/// A client of a server, for code that isn't asynchronous: scripts, command-line tools.
///
/// Stock generated stubs make calls through its ``grpcClient``; ``wait(timeout:for:)`` waits for one,
/// ``messages(of:)`` reads a stream as a sequence.
///
/// ```swift
/// try withBlockingGRPCClient(url: "http://localhost:8080") { client in
///   let greeter = Helloworld_Greeter.Client(wrapping: client.grpcClient)
///
///   print(try client.wait { try await greeter.sayHello(.with { $0.name = "world" }) }.message)
///
///   for reply in try client.messages(of: { reply in
///     try await greeter.sayHelloSlowly(.with { $0.name = "world" }, onResponse: reply)
///   }) {
///     print(try reply.get().message)
///   }
/// }
/// ```
///
/// The client may be used from any thread, but not from a task: waiting would block a thread that other
/// tasks, and the call itself, need. The compiler refuses use from a task where it can see it, and the methods
/// throw `failedPrecondition` where it can't.
@available(GRPCWeb 1.0, *)
public final class BlockingGRPCClient<Transport: ClientTransport>: Sendable {
  /// The asynchronous client underneath, to wrap with generated stubs.
  public let grpcClient: GRPCClient<Transport>

  private let connection: Task<Void, any Error>

  /// Opens a client.
  ///
  /// - Parameters:
  ///   - transport: Makes the calls.
  ///   - interceptors: Called in this order for each call.
  @available(*, noasync)
  public init(transport: Transport, interceptors: [any ClientInterceptor] = []) {
    let client = GRPCClient(transport: transport, interceptors: interceptors)
    self.grpcClient = client
    self.connection = Task { try await client.runConnections() }
  }

  deinit {
    self.connection.cancel()
  }

  /// Makes calls and waits for their result.
  ///
  /// - Parameters:
  ///   - timeout: How long to wait; `nil` for as long as it takes. A timeout in the call's own options
  ///     is better, as the server learns of it.
  ///   - operation: Makes the calls.
  /// - Returns: What the operation returns.
  /// - Throws: What the operation throws; `deadlineExceeded` when the timeout has passed, the
  ///   operation being cancelled; `failedPrecondition` in a task.
  @available(*, noasync)
  public func wait<Result: Sendable>(
    timeout: Duration? = nil,
    for operation: @escaping @Sendable () async throws -> Result
  ) throws -> Result {
    try blockingAllowed()
    let outcome = BlockingOutcome<Result>()
    let task = Task {
      do {
        outcome.set(.success(try await operation()))
      } catch {
        outcome.set(.failure(error))
      }
    }

    guard let result = outcome.wait(timeout: timeout) else {
      task.cancel()
      throw RPCError(code: .deadlineExceeded, message: "The timeout of the wait has passed.")
    }
    return try result.get()
  }

  /// Makes a call that the server answers with a stream, and reads its messages.
  ///
  /// - Parameter call: Makes the call with a generated stub, handing it the argument as the closure
  ///     that handles the response.
  /// - Returns: The messages, as they come. Letting go of them cancels the call.
  /// - Throws: `failedPrecondition` in a task.
  @available(*, noasync)
  public func messages<Message: Sendable>(
    of call:
      @escaping @Sendable (
        _ onResponse: @escaping @Sendable (StreamingClientResponse<Message>) async throws -> Void
      ) async throws -> Void
  ) throws -> BlockingGRPCMessages<Message> {
    try blockingAllowed()
    return BlockingGRPCMessages(of: call)
  }

  /// Closes the client: running calls end with `unavailable`, further calls fail.
  ///
  /// Returns when all connections are closed. May be called more than once.
  @available(*, noasync)
  public func close() {
    self.connection.cancel()
    let connection = self.connection
    _ = try? self.wait { try await connection.value }
  }
}

/// Opens a client, hands it to a closure, and closes it.
///
/// - Parameters:
///   - transport: Makes the calls.
///   - interceptors: Called in this order for each call.
///   - body: Uses the client.
/// - Returns: What the closure returns.
/// - Throws: What the closure throws; `failedPrecondition` in a task.
@available(GRPCWeb 1.0, *)
@available(*, noasync)
public func withBlockingGRPCClient<Transport: ClientTransport, Result>(
  transport: Transport,
  interceptors: [any ClientInterceptor] = [],
  _ body: (BlockingGRPCClient<Transport>) throws -> Result
) throws -> Result {
  try blockingAllowed()
  let client = BlockingGRPCClient(transport: transport, interceptors: interceptors)
  defer { client.close() }
  return try body(client)
}

/// Checks that the thread may be blocked.
///
/// - Throws: `failedPrecondition` in a task.
@available(GRPCWeb 1.0, *)
func blockingAllowed() throws {
  guard withUnsafeCurrentTask(body: { $0 == nil }) else {
    throw RPCError(
      code: .failedPrecondition,
      message: "A blocking client can't be used in a task. Use the asynchronous client there."
    )
  }
}

/// The outcome of an operation, for which a thread waits.
@available(GRPCWeb 1.0, *)
private final class BlockingOutcome<Value: Sendable>: Sendable {
  private let outcome = Mutex<Result<Value, any Error>?>(nil)
  private let isSet = DispatchSemaphore(value: 0)

  func set(_ outcome: Result<Value, any Error>) {
    self.outcome.withLock { $0 = outcome }
    self.isSet.signal()
  }

  func wait(timeout: Duration?) -> Result<Value, any Error>? {
    guard self.isSet.wait(timeout: DispatchTime(after: timeout)) == .success else { return nil }
    return self.outcome.withLock { $0 }
  }
}
