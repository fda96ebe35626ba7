#if Observability
internal import GRPCCore
internal import GRPCWeb
internal import Logging

@available(GRPCWeb 1.0, *)
extension GRPCWebCallRecord {
  /// The metadata of a call's line in the access log.
  var accessLogMetadata: Logger.Metadata {
    let request = self.info.request
    var metadata = Logger.Metadata(minimumCapacity: 20)
    // The name of a method that isn't registered is the peer's: the number of different values doesn't matter in a log.
    metadata[RPCNames.method] = .string(self.info.method.fullyQualifiedMethod.cut)
    metadata["grpc.ended_by"] = .string(self.end.name)
    metadata["duration_ms"] = .stringConvertible(self.duration.milliseconds)

    if let status = self.status {
      metadata[RPCNames.statusCode] = .string(status.code.name)
      if !status.message.isEmpty {
        metadata["grpc.status_message"] = .string(status.message.cut)
      }
      metadata["grpc.received.messages"] = .stringConvertible(self.received.count)
      metadata["grpc.received.bytes"] = .stringConvertible(self.received.bytes)
      metadata["grpc.sent.messages"] = .stringConvertible(self.sent.count)
      metadata["grpc.sent.bytes"] = .stringConvertible(self.sent.bytes)
      if self.received.bytes != self.received.compressedBytes {
        metadata["grpc.received.compressed_bytes"] = .stringConvertible(
          self.received.compressedBytes
        )
      }
      if self.sent.bytes != self.sent.compressedBytes {
        metadata["grpc.sent.compressed_bytes"] = .stringConvertible(self.sent.compressedBytes)
      }
    }
    if let httpStatus = self.httpStatus {
      metadata["http.response.status_code"] = .stringConvertible(httpStatus)
    }
    if let time = self.timeToFirstMessage {
      metadata["time_to_first_message_ms"] = .stringConvertible(time.milliseconds)
    }
    if let wireProtocol = self.info.wireProtocol {
      metadata["grpc.protocol"] = .string(wireProtocol.name)
    }
    if let version = request.httpVersion {
      metadata[RPCNames.protocolVersion] = .string(version.name)
    }
    if let peer = PeerName(request.peers.remote) {
      metadata[RPCNames.peerAddress] = .string(peer.address)
      if let port = peer.port {
        metadata[RPCNames.peerPort] = .stringConvertible(port)
      }
    }
    if let requestID = request.requestID {
      metadata["request.id"] = .string(requestID)
    }
    return metadata
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebCallRecord.End {
  /// The name in a log.
  fileprivate var name: String {
    switch self {
    case .service: return "service"
    case .deadline: return "deadline"
    case .client: return "client"
    case .shutdown: return "shutdown"
    case .limit: return "limit"
    case .app: return "app"
    case .badRequest: return "bad_request"
    case .preflight: return "preflight"
    case .badResponse: return "bad_response"
    case .connection: return "connection"
    }
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebCallInfo.WireProtocol {
  /// The name in a log.
  fileprivate var name: String {
    switch self {
    case .grpcWeb: return "grpc-web"
    case .grpcWebText: return "grpc-web-text"
    case .grpc: return "grpc"
    }
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebRequestInfo.HTTPVersion {
  /// The version as OpenTelemetry writes it.
  var name: String {
    switch self {
    case .http1: return "1.1"
    case .http2: return "2"
    }
  }
}

extension Duration {
  /// The duration in milliseconds, to the microsecond.
  fileprivate var milliseconds: Double {
    (self.seconds * 1_000_000).rounded() / 1000
  }
}

extension String {
  /// The first 256 characters of a peer's text, which is as much as the log keeps.
  fileprivate var cut: String {
    self.utf8.count <= 256 ? self : "\(self.prefix(256))…"
  }
}
#endif
