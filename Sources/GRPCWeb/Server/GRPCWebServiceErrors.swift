public import GRPCCore
public import Logging

/// An interceptor that logs the errors of services that stand for no status, and keeps what they say from clients.
///
/// gRPC Swift answers an error that is neither an `RPCError` nor an `RPCErrorConvertible` with `unknown`, and the error
/// itself is lost. ``GRPCWebServer``, and the server of services with `GRPCWebNIO`'s transport, have this interceptor by
/// default, before all others. A router of your own needs it added:
///
/// ```swift
/// router.registerInterceptors(pipeline: [.apply(GRPCWebServiceErrors(), to: .all)])
/// ```
@available(GRPCWeb 1.0, *)
public struct GRPCWebServiceErrors: ServerInterceptor {
  private let errorLogger: ServiceErrorLogger

  /// The status message that a client gets for an error that stands for no status.
  static let message = "Service method threw an unknown error."

  /// Creates an interceptor.
  ///
  /// - Parameters:
  ///   - levels: The levels at which errors are logged.
  ///   - logger: Where they are logged, unless the web framework has a logger of the request.
  public init(
    levels: GRPCWebServer.Config.ErrorLogging = GRPCWebServer.Config.ErrorLogging(),
    logger: Logger = Logger(label: "grpc-web")
  ) {
    self.errorLogger = ServiceErrorLogger(levels: levels, logger: logger)
  }

  /// Calls the service, and logs what it throws: also later, while it writes a stream.
  public func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next:
      @Sendable (
        _ request: StreamingServerRequest<Input>,
        _ context: ServerContext
      ) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    var response: StreamingServerResponse<Output>
    do {
      response = try await next(request, context)
    } catch {
      throw self.statusError(of: error, in: context)
    }

    switch response.accepted {
    case .success(var contents):
      // A response of one message is complete by now. Only its serializer can still throw, and that error is logged as
      // the status that it becomes.
      guard context.descriptor.type?.isResponseStreaming ?? true else { break }
      let producer = contents.producer
      contents.producer = { writer in
        do {
          return try await producer(writer)
        } catch {
          throw self.statusError(of: error, in: context)
        }
      }
      response.accepted = .success(contents)
    case .failure(let error):
      // An error that a service threw behind another interceptor arrives as the cause of an empty `RPCError`.
      if error.code == .unknown, error.message.isEmpty, let cause = error.cause {
        response.accepted = .failure(self.unexpected(cause, in: context))
      }
    }
    return response
  }

  /// The error that a client is sent: the one thrown, if it stands for a status.
  private func statusError(of error: any Error, in context: ServerContext) -> any Error {
    if error is RPCError || error is any RPCErrorConvertible {
      return error
    }
    return self.unexpected(error, in: context)
  }

  private func unexpected(_ error: any Error, in context: ServerContext) -> RPCError {
    self.errorLogger.log(error, method: context.descriptor, call: context.serverCall)
    return RPCError(code: .unknown, message: Self.message, cause: error)
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebServiceErrors {
  /// The interceptors of a server: this one, unless it would log nothing, before the app's.
  package static func before(
    _ pipeline: [ConditionalInterceptor<any ServerInterceptor>],
    config: GRPCWebServer.Config,
    logger: Logger
  ) -> [ConditionalInterceptor<any ServerInterceptor>] {
    let errorLogger = ServiceErrorLogger(levels: config.errorLogging, logger: logger)
    guard errorLogger.logsUnexpectedErrors else { return pipeline }
    let interceptor = Self(levels: config.errorLogging, logger: logger)
    return [.apply(interceptor, to: .all)] + pipeline
  }
}
