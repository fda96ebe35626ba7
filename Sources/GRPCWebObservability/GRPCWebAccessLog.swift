#if Observability
internal import GRPCCore
public import GRPCWeb
public import Logging

/// Logs one line for each call of a server, or each attempt of a client, with swift-log.
///
/// ```swift
/// let config = GRPCWebServer.Config.defaults {
///   $0.observer = GRPCWebAccessLog()
/// }
/// ```
///
/// The properties of a call are in the metadata, with OpenTelemetry's names where there are any: the method, the status,
/// the origin of its end, the duration, the messages and bytes in each direction, the peer, the web framework's ID of
/// the request. A key without a value is left out. Texts that a peer can make long are cut: the name of a method, and
/// the message of a status.
@available(GRPCWeb 1.0, *)
public struct GRPCWebAccessLog: Sendable {
  /// The levels of the lines; `nil` for none.
  public struct Levels: Sendable, Hashable {
    /// For calls whose status is `ok`, and for requests that aren't calls.
    ///
    /// `info` by default.
    public var success: Logger.Level? = .info

    /// For calls with a status that says that the server failed, such as `internalError`.
    ///
    /// `warning` by default.
    public var serverFault: Logger.Level? = .warning

    /// For all other calls.
    ///
    /// `info` by default.
    public var other: Logger.Level? = .info

    /// The default levels.
    public init() {}
  }

  private let logger: Logger
  private let levels: Levels

  /// Creates an observer.
  ///
  /// - Parameters:
  ///   - logger: Where the lines go.
  ///   - levels: The levels of the lines.
  public init(
    logger: Logger = Logger(label: "grpc-web.access"),
    levels: Levels = Levels()
  ) {
    self.logger = logger
    self.levels = levels
  }

  private func log(_ record: GRPCWebCallRecord, as message: Logger.Message) {
    guard let level = self.level(for: record.status), self.logger.logLevel <= level else { return }
    self.logger.log(level: level, message, metadata: record.accessLogMetadata)
  }

  private func level(for status: Status?) -> Logger.Level? {
    guard let status = status, status.code != .ok else { return self.levels.success }
    return status.code.isServerFault ? self.levels.serverFault : self.levels.other
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebAccessLog: GRPCWebServerObserver {
  /// Waits for the record of a call.
  public func callStarted(_ call: GRPCWebCallInfo) -> (any GRPCWebServerCallObservation)? {
    Observation(log: self)
  }

  /// Logs a request that isn't a call.
  public func requestAnswered(_ record: GRPCWebCallRecord) {
    self.log(record, as: "gRPC request refused")
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebAccessLog: GRPCWebClientObserver {
  /// Waits for the record of an attempt.
  public func attemptStarted(
    _ attempt: GRPCWebCallInfo
  ) -> (any GRPCWebClientAttemptObservation)? {
    Observation(log: self)
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebAccessLog {
  private struct Observation: GRPCWebServerCallObservation, GRPCWebClientAttemptObservation {
    let log: GRPCWebAccessLog

    func callEnded(_ record: GRPCWebCallRecord) {
      self.log.log(record, as: "gRPC call")
    }

    func attemptEnded(_ record: GRPCWebCallRecord) {
      self.log.log(record, as: "gRPC attempt")
    }
  }
}
#endif
