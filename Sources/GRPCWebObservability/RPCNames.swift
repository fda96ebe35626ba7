#if Observability
internal import GRPCCore
internal import GRPCWeb

/// The names that OpenTelemetry and gRPC have for the properties of a call.
///
/// See "Semantic conventions for gRPC" of OpenTelemetry (1.45, stable), and gRPC's proposal A66.
enum RPCNames {
  static let system = "rpc.system.name"
  static let method = "rpc.method"
  static let statusCode = "rpc.status_code"
  static let errorType = "error.type"
  static let peerAddress = "network.peer.address"
  static let peerPort = "network.peer.port"
  static let protocolVersion = "network.protocol.version"
  static let serverAddress = "server.address"
  static let serverPort = "server.port"

  /// The value of ``system``.
  static let grpc = "grpc"

  /// The value of ``method`` for all methods that aren't registered.
  static let otherMethod = "_OTHER"
}

@available(GRPCWeb 1.0, *)
extension GRPCWebCallInfo {
  /// The method as a label, whose values are bounded: methods that aren't registered share one.
  var methodLabel: String {
    self.isMethodRegistered ? self.method.fullyQualifiedMethod : RPCNames.otherMethod
  }
}

@available(GRPCWeb 1.0, *)
extension Status.Code {
  /// The names of the status codes as gRPC writes them, by number.
  private static let names = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]

  /// How many status codes there are.
  static let count = Self.names.count

  /// The name of the status code as gRPC writes it, such as `DEADLINE_EXCEEDED`.
  var name: String {
    Self.names.indices.contains(self.rawValue) ? Self.names[self.rawValue] : Self.unknown.name
  }

  /// Whether a call with this status is one in which the server failed.
  ///
  /// The other codes stand for a fault of the request.
  var isServerFault: Bool {
    switch self {
    case .unknown, .deadlineExceeded, .unimplemented, .internalError, .unavailable, .dataLoss:
      return true
    default:
      return false
    }
  }
}

/// Which side of calls is observed.
enum RPCSide: Sendable {
  case client
  case server

  /// Whether a call with this status counts as failed on this side.
  @available(GRPCWeb 1.0, *)
  func isFailure(_ code: Status.Code) -> Bool {
    switch self {
    case .client:
      return code != .ok
    case .server:
      return code.isServerFault
    }
  }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    Double(self.components.seconds) + Double(self.components.attoseconds) * 1e-18
  }
}
#endif
