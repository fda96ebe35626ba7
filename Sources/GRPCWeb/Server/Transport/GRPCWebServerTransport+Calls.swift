internal import GRPCCore
package import Logging
internal import NIOCore
internal import Synchronization

@available(GRPCWeb 1.0, *)
extension GRPCWebServerTransport {
  /// Makes a call, which is to be started when enough of its request has been delivered.
  ///
  /// A call that failed by its head has its response at once.
  package func makeCall(
    _ head: GRPCWebCallHead,
    delegate: (any ServerCallDelegate)? = nil,
    logger: Logger? = nil,
    requestContext: (any Sendable)? = nil
  ) -> ServerCall {
    ServerCall(
      head,
      config: self.config,
      delegate: delegate,
      logger: logger,
      requestContext: requestContext
    )
  }

  /// Starts the service on a call that has a delegate, which has to enforce the deadline.
  package func start(_ call: ServerCall, peers: GRPCWebPeers) {
    guard case .registered(let streamHandler) = self.register(call) else { return }
    let service = Task {
      let request = ServerCall.DeliveredRequestSequence(call: call)
      await self.run(call, request: request, peers: peers, streamHandler: streamHandler)
    }
    call.serviceStarted(service, deadline: nil)
  }

  /// Starts the service on a call that has no delegate, and a task that enforces its deadline.
  func start<Body: AsyncSequence & Sendable>(
    _ call: ServerCall,
    body: Body,
    peers: GRPCWebPeers
  ) where Body.Element == ByteBuffer {
    guard case .registered(let streamHandler) = self.register(call) else { return }
    let run: @Sendable () async -> Void = {
      let request = ServerCall.RequestSequence(call: call, body: body)
      await self.run(call, request: request, peers: peers, streamHandler: streamHandler)
    }

    if let timeout = call.head.timeout {
      let deadline = Task {
        guard (try? await Task.sleep(for: timeout, tolerance: .zero)) != nil else { return }
        call.fail(.deadlineExceeded, by: .deadline)
      }
      call.serviceStarted(Task(operation: run), deadline: deadline)
    } else {
      // The adapter waits for the answer anyway, and gets it at once from a service that doesn't suspend. With a
      // deadline the service runs elsewhere: the deadline passes also while a service doesn't give up its thread.
      call.serviceStarted(.startingHere(run), deadline: nil)
    }
  }

  /// Runs the service on a call, to its end.
  private func run(
    _ call: ServerCall,
    request: some AsyncSequence<RPCRequestPart<GRPCWebMessage>, any Error> & Sendable,
    peers: GRPCWebPeers,
    streamHandler: ServerStreamHandler?
  ) async {
    let method = call.head.method
    if !call.head.undecodableKeys.isEmpty {
      self.logger.info(
        "Request metadata was left out: a value that isn't UTF-8.",
        metadata: Self.logMetadata(method: method, keys: call.head.undecodableKeys)
      )
    }
    var streamHandler = streamHandler
    if streamHandler == nil {
      streamHandler = await self.untilListening()
    }
    if let streamHandler = streamHandler {
      if let observed = call.head.observed {
        await observed.run {
          await self.handle(call, request: request, peers: peers, by: streamHandler)
        }
      } else {
        await self.handle(call, request: request, peers: peers, by: streamHandler)
      }
    } else {
      call.serviceFailed(.shuttingDown, by: .shutdown)
    }

    let (rejectedKeys, failure) = call.serviceReturned()
    if !rejectedKeys.isEmpty {
      self.logger.warning(
        "Response metadata was left out: a reserved or invalid key, or an invalid value.",
        metadata: Self.logMetadata(method: method, keys: rejectedKeys)
      )
    }
    if let failure = failure {
      self.errorLogger.log(failure, of: call)
    }
    self.state.withLock { $0.calls.remove(call) }?.resume()
  }

  private func handle(
    _ call: ServerCall,
    request: some AsyncSequence<RPCRequestPart<GRPCWebMessage>, any Error> & Sendable,
    peers: GRPCWebPeers,
    by streamHandler: ServerStreamHandler
  ) async {
    await withServerContextRPCCancellationHandle { cancellation in
      call.setCancellationHandle(cancellation)
      let peers = self.config.trustedProxies.peers(peers, of: call.head.request.fields)
      var context = ServerContext(
        descriptor: call.head.method,
        remotePeer: peers.remote,
        localPeer: peers.local,
        cancellation: cancellation
      )
      context.transportSpecific = ServerCallReference(call: call)
      await streamHandler.handle(
        RPCStream(
          descriptor: call.head.method,
          inbound: RPCAsyncSequence(wrapping: request),
          outbound: RPCWriter.Closable(wrapping: ServerCall.ResponseWriter(call: call))
        ),
        context
      )
    }
  }

  private static func logMetadata(method: MethodDescriptor, keys: [String]) -> Logger.Metadata {
    [
      "grpc.method": "\(method.fullyQualifiedMethod)",
      "grpc.metadata.keys": .array(keys.map { .string($0) }),
    ]
  }

  /// Waits until the server listens.
  ///
  /// - Returns: The handler of calls, or `nil` if the server shuts down before it listens.
  private func untilListening() async -> ServerStreamHandler? {
    await withCheckedContinuation { waiter in
      let (isWaiting, streamHandler) = self.state.withLock { state in
        (state.wait(waiter), state.streamHandler)
      }
      if !isWaiting {
        waiter.resume(returning: streamHandler)
      }
    }
  }

  private enum Registration {
    /// The call runs from now on. The handler is `nil` as long as the server doesn't listen.
    case registered(ServerStreamHandler?)
    /// The call has its response, and no service is called.
    case refused
  }

  /// Adds a call to the running calls, unless it has ended, or the server shuts down and refuses it.
  private func register(_ call: ServerCall) -> Registration {
    guard call.isOpen else { return .refused }
    let registration = self.state.withLock { state -> Registration in
      state.calls.insert(call) ? .registered(state.streamHandler) : .refused
    }
    if case .refused = registration {
      call.fail(.shuttingDown, by: .shutdown)
    }
    return registration
  }
}
