#if Observability
internal import GRPCCore
internal import GRPCWeb
internal import Tracing

/// The span of a call, or of an attempt.
@available(GRPCWeb 1.0, *)
struct CallSpan: GRPCWebServerCallObservation, GRPCWebClientAttemptObservation {
  private let tracer: any Tracer
  private let side: RPCSide
  private let span: any Span

  /// Starts a span.
  init(tracer: any Tracer, side: RPCSide, call: GRPCWebCallInfo, parent: ServiceContext) {
    self.tracer = tracer
    self.side = side
    self.span = tracer.startSpan(
      call.methodLabel,
      context: parent,
      ofKind: side == .server ? .server : .client
    )
    self.span.updateAttributes { attributes in
      attributes.set(RPCNames.system, value: .string(RPCNames.grpc))
      attributes.set(RPCNames.method, value: .string(call.methodLabel))
      if let version = call.request.httpVersion {
        attributes.set(RPCNames.protocolVersion, value: .string(version.name))
      }
      if let peer = PeerName(call.request.peers.remote) {
        let keys =
          peer.isHostName
          ? (RPCNames.serverAddress, RPCNames.serverPort)
          : (RPCNames.peerAddress, RPCNames.peerPort)
        attributes.set(keys.0, value: .string(peer.address))
        if let port = peer.port {
          attributes.set(keys.1, value: .int64(Int64(port)))
        }
      }
    }
  }

  func run(_ service: () async -> Void) async {
    await ServiceContext.withValue(self.span.context) {
      await service()
    }
  }

  func prepare(_ metadata: inout Metadata) {
    self.tracer.inject(self.span.context, into: &metadata, using: MetadataInjector())
  }

  func callEnded(_ record: GRPCWebCallRecord) {
    self.end(record)
  }

  func attemptEnded(_ record: GRPCWebCallRecord) {
    self.end(record)
  }

  private func end(_ record: GRPCWebCallRecord) {
    if let status = record.status {
      self.span.updateAttributes { attributes in
        attributes.set(RPCNames.statusCode, value: .string(status.code.name))
        if self.side.isFailure(status.code) {
          attributes.set(RPCNames.errorType, value: .string(status.code.name))
        }
      }
      if self.side.isFailure(status.code) {
        self.span.setStatus(SpanStatus(code: .error, message: status.message))
      }
    }
    self.span.end()
  }
}

/// Reads a tracer's values from the metadata of a request.
@available(GRPCWeb 1.0, *)
struct MetadataExtractor: Extractor {
  func extract(key: String, from carrier: Metadata) -> String? {
    carrier[stringValues: key].first { _ in true }
  }
}

/// Writes a tracer's values into the metadata of a request.
@available(GRPCWeb 1.0, *)
struct MetadataInjector: Injector {
  func inject(_ value: String, forKey key: String, into carrier: inout Metadata) {
    carrier.replaceOrAddString(value, forKey: key)
  }
}
#endif
