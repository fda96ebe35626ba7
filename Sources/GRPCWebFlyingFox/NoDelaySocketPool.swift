#if FlyingFox
public import FlyingFox
public import FlyingSocks

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Android)
internal import Android
#endif

/// A pool whose sockets send written bytes at once (`TCP_NODELAY`).
///
/// FlyingFox writes the head and the body of a response separately. On a reused connection, the
/// system then delays the body until the client has acknowledged the head, which clients put off
/// for about 40 ms. With this pool the system sends the body at once:
///
/// ```swift
/// let server = HTTPServer(address: .inet6(port: 8080), timeout: 600, pool: .noDelay())
/// ```
@available(GRPCWeb 1.0, *)
public struct NoDelaySocketPool: AsyncSocketPool {
  private let pool: any AsyncSocketPool

  fileprivate init(_ pool: any AsyncSocketPool) {
    self.pool = pool
  }

  /// Prepares the pool before it runs.
  public func prepare() async throws {
    try await self.pool.prepare()
  }

  /// Runs the pool within the current task.
  public func run() async throws {
    try await self.pool.run()
  }

  /// Suspends the task until a socket is ready.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - events: The events to wait for.
  public func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
    // The listening socket is the first to wait here. On Linux and Darwin, accepted connections
    // inherit the option from it; on other systems they get the option when they wait for a
    // request. Sockets other than TCP's have no such option.
    try? socket.setValue(true, for: Self.noDelay)
    try await self.pool.suspendSocket(socket, untilReadyFor: events)
  }

  static var noDelay: BoolSocketOption {
    BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY)
  }
}

@available(GRPCWeb 1.0, *)
extension AsyncSocketPool where Self == NoDelaySocketPool {
  /// A pool whose sockets send written bytes at once.
  ///
  /// - Parameter pool: The pool that does everything else.
  public static func noDelay(_ pool: some AsyncSocketPool = HTTPServer.defaultPool()) -> Self {
    NoDelaySocketPool(pool)
  }
}
#endif
