#if NIO
internal import GRPCWeb
internal import HTTPTypes
public import NIOCore
internal import NIOHTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// Takes a part of a request.
  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = self.unwrapInboundIn(data)
    guard case .open = self.intake else {
      self.discard(part)
      return
    }
    if !self.held.isEmpty || !self.accept(part, context: context) {
      self.held.append(part)
    }
  }

  /// Takes a part of what comes behind the response that ends the connection: the rest of its request, and requests
  /// that aren't answered (RFC 9112, section 9.6).
  private func discard(_ part: HTTPRequestPart) {
    if case .end = part {
      self.order.requestEnded()
      self.closeIfDone()
    }
  }

  /// Starts the call of a request that didn't come whole in one go, and sends what is ready.
  public func channelReadComplete(context: ChannelHandlerContext) {
    self.startCall(context: context)
    self.watchRequest(context: context)
    context.fireChannelReadComplete()
  }

  /// Hands a part of a request to whom it is for.
  ///
  /// - Returns: Whether that could be done now.
  func accept(_ part: HTTPRequestPart, context: ChannelHandlerContext) -> Bool {
    switch part {
    case .head(let request):
      return self.begin(request, context: context)
    case .body(let bytes):
      switch self.order.destination {
      case .call:
        self.deliver(bytes)
      case .nowhere:
        break
      case .app, .none:
        context.fireChannelRead(self.wrapInboundOut(part))
      }
    case .end:
      let destination = self.order.destination
      self.order.requestEnded()
      switch destination {
      case .call:
        self.deliver(nil)
        self.startCall(context: context)
      case .nowhere:
        break
      case .app, .none:
        context.fireChannelRead(self.wrapInboundOut(part))
      }
    }
    return true
  }

  /// Begins a request.
  ///
  /// - Returns: Whether that could be done now.
  private func begin(_ request: HTTPRequest, context: ChannelHandlerContext) -> Bool {
    guard self.order.canBegin(.app), self.takesResponses else { return false }

    let route = self.transport.route(
      request,
      prefix: self.prefix,
      allowsNativeGRPC: self.httpVersion == .http2
    )
    switch route {
    case .pass:
      self.order.begin(.app)
      context.fireChannelRead(self.wrapInboundOut(.head(request)))
    case .respond(let response):
      guard self.order.canBegin(.call) else { return false }
      self.order.begin(.call)
      // A client that waits before it sends the body may send it, or not.
      let closesConnection =
        self.closesConnection(request) || self.httpVersion == .http1 && request.expectsContinue
      self.write(response, closesConnection: closesConnection, context: context)
      self.writeEnd(nil, closesConnection: closesConnection, context: context)
      context.flush()
      self.responseEnded(context: context)
    case .call(let head):
      guard self.order.canBegin(.call) else { return false }
      self.order.begin(.call)
      self.begin(head, request, context: context)
    }
    return true
  }

  /// Whether a client takes the responses to its requests, so that another may begin.
  ///
  /// One that doesn't would otherwise have its responses kept here without bound. A stream of HTTP/2 has
  /// no response before its own.
  private var takesResponses: Bool {
    self.httpVersion == .http2 || self.isWritable
  }

  private func begin(
    _ head: GRPCWebCallHead,
    _ request: HTTPRequest,
    context: ChannelHandlerContext
  ) {
    let call = self.transport.makeCall(head, delegate: self.delegate)
    let isContinueExpected = self.httpVersion == .http1 && request.expectsContinue
    self.running = RunningCall(
      call: call,
      closesConnection: self.closesConnection(request) || isContinueExpected && head.hasFailed,
      deadline: self.scheduleDeadline(of: call, context: context)
    )
    if head.hasFailed {
      self.sendOutput(of: call)
    } else if isContinueExpected {
      // RFC 9110, section 10.1.1: such a client waits for this before it sends the body.
      context.writeAndFlush(
        self.wrapOutboundOut(.head(HTTPResponse(status: .continue))),
        promise: nil
      )
    }
  }

  private func scheduleDeadline(
    of call: ServerCall,
    context: ChannelHandlerContext
  ) -> Scheduled<Void>? {
    guard let timeout = call.head.timeout else { return nil }
    // One that is longer than event loops can count is the longest that they can: three centuries.
    return context.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
      call.fail(.deadlineExceeded)
    }
  }

  private func deliver(_ bytes: ByteBuffer?) {
    guard let call = self.running?.call else { return }
    self.isCallFull = !call.deliver(bytes)
  }

  /// Starts the service, once all of the request has come, or what came of it at once.
  func startCall(context: ChannelHandlerContext) {
    guard let running = self.running, !running.isStarted else { return }
    self.running?.isStarted = true
    let peers = self.peers(of: context)
    self.startBatch?.start(running.call, peers: peers, by: self.transport)
  }

  private func peers(of context: ChannelHandlerContext) -> GRPCWebPeers {
    if let peers = self.peers {
      return peers
    }
    let channel = context.channel
    let peers = GRPCWebPeers(remote: channel.remoteAddress, local: channel.localAddress)
    self.peers = peers
    return peers
  }

  private func closesConnection(_ request: HTTPRequest) -> Bool {
    self.httpVersion == .http1 && request.closesConnection
  }

  /// Hands on what waited for a response to end, as far as it can be.
  func acceptHeld(context: ChannelHandlerContext) {
    // A response to what is handed on here, when it ends at once, comes back to here.
    guard !self.isAcceptingHeld else { return }
    self.isAcceptingHeld = true
    var hasPassedOn = false
    while let part = self.held.popFirst() {
      guard self.accept(part, context: context) else {
        self.held.prepend(part)
        break
      }
      hasPassedOn = true
    }
    self.isAcceptingHeld = false

    if hasPassedOn {
      // As the read that brought these parts was complete long ago.
      self.startCall(context: context)
      context.fireChannelReadComplete()
    }
    self.reportFaultIfDone(context: context)
    if self.isQuiesceHeld && !self.order.isAnswering {
      self.isQuiesceHeld = false
      context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
    self.readIfHeld()
  }

  // Reading

  /// Reads from the connection, unless there is no room for what would come.
  public func read(context: ChannelHandlerContext) {
    if self.canRead {
      context.read()
    } else {
      self.isReadHeld = true
    }
  }

  private var canRead: Bool {
    if case .faulty = self.intake {
      // Nothing of what comes now can be understood.
      return false
    }
    return self.held.isEmpty && !self.isCallFull
  }

  /// Reads on, now that the service has read what the call had received.
  func readOn(for call: ServerCall) {
    guard self.running?.call === call else { return }
    self.isCallFull = false
    if let context = self.context {
      self.watchRequest(context: context)
    }
    self.readIfHeld()
  }

  func readIfHeld() {
    guard self.isReadHeld, self.canRead else { return }
    self.isReadHeld = false
    self.context?.read()
  }
}
#endif
