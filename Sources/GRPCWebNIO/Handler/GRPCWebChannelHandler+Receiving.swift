#if NIO
internal import GRPCWeb
internal import HTTPTypes
public import NIOCore
internal import NIOHTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// Receives a part of a request.
  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = self.unwrapInboundIn(data)
    // Nothing behind bytes that aren't HTTP can be understood.
    guard self.held.error == nil else { return }
    if !self.held.hasNoRequests || !self.accept(part, context: context) {
      self.held.append(part)
    }
  }

  /// Starts the call of a request that hasn't come whole in one read.
  public func channelReadComplete(context: ChannelHandlerContext) {
    self.startCall(context: context)
    self.watchRequest()
    context.fireChannelReadComplete()
  }

  /// Hands a part of a request to its recipient.
  ///
  /// - Returns: Whether that could be done now. A connection that ends drops what comes (RFC 9112, section 9.6).
  private func accept(_ part: HTTPRequestPart, context: ChannelHandlerContext) -> Bool {
    switch part {
    case .head(let request):
      return self.begin(request, context: context)
    case .body(let bytes):
      switch self.stateMachine.state.destination {
      case .call:
        self.deliver(bytes)
      case .nowhere:
        break
      case .app:
        context.fireChannelRead(self.wrapInboundOut(part))
      }
    case .end:
      switch self.stateMachine.requestEnded() {
      case .forward(to: .call):
        self.deliver(nil)
        self.startCall(context: context)
      case .forward(to: .nowhere):
        break
      case .forward(to: .app):
        context.fireChannelRead(self.wrapInboundOut(part))
      case .closeLingering:
        self.closeLingering()
      }
    }
    return true
  }

  /// Begins a request.
  ///
  /// - Returns: Whether that could be done now.
  private func begin(_ request: HTTPRequest, context: ChannelHandlerContext) -> Bool {
    if self.stateMachine.state.isConnectionEnding { return true }
    guard self.stateMachine.state.canBegin(.app), self.takesResponses else { return false }

    let route = self.transport.route(
      request,
      prefix: self.prefix,
      allowsNativeGRPC: self.httpVersion == .http2,
      info: self.info(of: context)
    )
    switch route {
    case .pass:
      self.stateMachine.beginAppRequest()
      context.fireChannelRead(self.wrapInboundOut(.head(request)))
    case .respond(let response):
      guard self.stateMachine.state.canBegin(.call) else { return false }
      // A client that expects a 100 (Continue) may send the body after another response, or not.
      let isBodyUncertain = self.httpVersion == .http1 && request.expectsContinue
      self.stateMachine.beginCall(isBodyUncertain ? .close : self.persistence(of: request))
      self.write(response, context: context)
      self.endResponse(nil, context: context)
    case .call(let head):
      guard self.stateMachine.state.canBegin(.call) else { return false }
      self.begin(head, request, context: context)
    }
    return true
  }

  /// Whether a client takes the responses to its requests, so that another request may begin.
  ///
  /// Responses that a client doesn't take would otherwise be queued without bound. A stream of HTTP/2 has one response.
  private var takesResponses: Bool {
    self.httpVersion == .http2 || self.isWritable
  }

  private func begin(
    _ head: GRPCWebCallHead,
    _ request: HTTPRequest,
    context: ChannelHandlerContext
  ) {
    let call = self.transport.makeCall(
      head,
      delegate: self.delegate,
      requestContext: self.peerCertificate(of: context.channel)
    )
    let isContinueExpected = self.httpVersion == .http1 && request.expectsContinue
    let isBodyUncertain = isContinueExpected && head.hasFailed
    self.stateMachine.beginCall(isBodyUncertain ? .close : self.persistence(of: request))
    self.running = RunningCall(
      call: call,
      deadline: self.scheduleDeadline(of: call, context: context)
    )
    if head.hasFailed {
      self.sendOutput(of: call)
    } else if isContinueExpected {
      // RFC 9110, section 10.1.1: the client waits for this response before it sends the body.
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
    // TimeAmount clamps a longer timeout to the longest that event loops can count: three centuries.
    return context.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
      call.fail(.deadlineExceeded, by: .deadline)
    }
  }

  private func persistence(of request: HTTPRequest) -> ChannelStateMachine.Persistence {
    self.httpVersion == .http1 && request.closesConnection ? .close : .keepAlive
  }

  private func deliver(_ bytes: ByteBuffer?) {
    guard let call = self.running?.call else { return }
    self.stateMachine.setBuffer(call.deliver(bytes) ? .hasRoom : .full)
  }

  /// Starts the service of the running call, if it hasn't been started.
  ///
  /// To be called when all of the request has come, or all that came in one read.
  private func startCall(context: ChannelHandlerContext) {
    guard let running = self.running, !running.isStarted else { return }
    self.running?.isStarted = true
    let peers = self.peers(of: context)
    self.resources?.startBatch.start(running.call, peers: peers, by: self.transport)
  }

  private func info(of context: ChannelHandlerContext) -> GRPCWebRequestInfo {
    GRPCWebRequestInfo(
      peers: self.peers(of: context),
      httpVersion: self.httpVersion == .http1 ? .http1 : .http2
    )
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

  /// Hands on the requests that waited for a response to end, up to one that has to wait on.
  func acceptHeld(context: ChannelHandlerContext) {
    // The end of a response to what is handed on here may call this again.
    guard !self.held.isBeingTaken else { return }
    self.held.beginTaking()
    var hasPassedOn = false
    while let part = self.held.popFirst() {
      guard self.accept(part, context: context) else {
        self.held.putBack(part)
        break
      }
      hasPassedOn = true
    }
    self.held.endTaking()

    if hasPassedOn {
      // The read that brought these parts was complete long ago.
      self.startCall(context: context)
      context.fireChannelReadComplete()
    }
    self.reportHeldError(context: context)
    self.passOnHeldQuiesce(context: context)
    self.readIfHeld()
  }

  // Reading

  /// Reads from the connection, unless there is no room for more; then the read is withheld.
  public func read(context: ChannelHandlerContext) {
    if self.canRead {
      context.read()
    } else {
      self.isReadHeld = true
    }
  }

  private var canRead: Bool {
    self.held.isEmpty && self.stateMachine.state.canRead
  }

  /// Reads on, now that a call has room for more of its request.
  func readOn(for call: ServerCall) {
    guard self.running?.call === call else { return }
    self.stateMachine.setBuffer(.hasRoom)
    if self.context != nil {
      self.watchRequest()
    }
    self.readIfHeld()
  }

  /// Reads if a read was withheld and there is room for more.
  func readIfHeld() {
    guard self.isReadHeld, self.canRead else { return }
    self.isReadHeld = false
    self.context?.read()
  }
}
#endif
