internal import GRPCCore
public import Logging

@available(GRPCWeb 1.0, *)
extension GRPCWebServer.Config {
  /// At which levels the errors of services are logged.
  ///
  /// A line has the method, the status and, if there is one, the request's ID: the web framework's, or the client's in
  /// `x-request-id`. A level of `nil` logs nothing and costs nothing; neither does an ``unexpectedError`` that the
  /// logger wouldn't log when the server is created.
  public struct ErrorLogging: Sendable, Hashable {
    /// For an error that a service throws and that stands for no status: neither an `RPCError` nor an
    /// `RPCErrorConvertible`.
    ///
    /// `error` by default. The client gets `unknown` with a text that is always the same, whatever the level: what the
    /// error says is nothing for a client.
    public var unexpectedError: Logger.Level? = .error

    /// For a status that points to a fault of the server: `internalError`, `dataLoss`, `unknown`, `unimplemented`.
    ///
    /// `warning` by default.
    public var serverFault: Logger.Level? = .warning

    /// For every other status but `ok`.
    ///
    /// `debug` by default.
    public var other: Logger.Level? = .debug

    /// The default levels.
    public init() {}

    /// The level for a status of a call that a service was called for.
    func level(for code: Status.Code) -> Logger.Level? {
      switch code {
      case .ok:
        return nil
      case .internalError, .dataLoss, .unknown, .unimplemented:
        return self.serverFault
      default:
        return self.other
      }
    }
  }
}

/// Logs the errors of services.
@available(GRPCWeb 1.0, *)
struct ServiceErrorLogger: Sendable {
  let levels: GRPCWebServer.Config.ErrorLogging
  let logger: Logger

  /// Whether errors that stand for no status are logged.
  var logsUnexpectedErrors: Bool {
    guard let level = self.levels.unexpectedError else { return false }
    return self.logger.logLevel <= level
  }

  /// Logs an error that a service has thrown and that stands for no status.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - method: The method called.
  ///   - call: The call, where it is known.
  func log(_ error: any Error, method: MethodDescriptor, call: ServerCall?) {
    // An error is expected from a service that has been cancelled, or whose client has gone.
    let level = call?.isOpen == false ? self.levels.other : self.levels.unexpectedError
    call?.noteErrorLogged()
    guard let level = level else { return }
    let logger = call?.logger ?? self.logger
    logger.log(
      level: level,
      "A service threw an error.",
      metadata: self.metadata(method: method, call: call, ["error": "\(error)"])
    )
  }

  /// Logs the status of a call that a service was called for, and that failed.
  func log(_ status: Status, of call: ServerCall) {
    guard let level = self.levels.level(for: status.code) else { return }
    let logger = call.logger ?? self.logger
    guard logger.logLevel <= level else { return }
    logger.log(
      level: level,
      "A call failed.",
      metadata: self.metadata(
        method: call.head.method,
        call: call,
        ["grpc.status": "\(status.code)", "grpc.message": "\(status.message)"]
      )
    )
  }

  private func metadata(
    method: MethodDescriptor,
    call: ServerCall?,
    _ more: Logger.Metadata
  ) -> Logger.Metadata {
    var metadata = more
    metadata["grpc.method"] = "\(method.fullyQualifiedMethod)"
    if let requestID = call?.requestID {
      metadata["request.id"] = "\(requestID)"
    }
    return metadata
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// The name of the request in logs: the web framework's, where it is known, or the client's.
  ///
  /// The logger that a web framework has for a request has its name for it, too.
  var requestID: String? {
    self.head.observed?.info.request.requestID
      ?? self.head.metadata[stringValues: "x-request-id"].first { _ in true }?.excerpt
  }
}
