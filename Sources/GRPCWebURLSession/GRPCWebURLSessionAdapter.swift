internal import GRPCCore
public import GRPCWeb
public import HTTPTypes
public import NIOCore

#if canImport(FoundationNetworking)
internal import Foundation
public import FoundationNetworking
#else
public import Foundation
#endif

/// Makes the HTTP requests of gRPC-Web calls with URLSession.
///
/// The adapter runs no event loops. It delivers a response as it arrives. While nobody reads the
/// response, the adapter suspends its task after 64 KiB on Apple's platforms. On other platforms
/// URLSession can't suspend a task: a call fails with `resourceExhausted` once 16 MiB of its
/// response are buffered.
///
/// On platforms that aren't Apple's, prefer AsyncHTTPClient: Foundation's URLSession has faults
/// there that this adapter can't work around. It ends the process when a response has HTTP trailers
/// (not gRPC-Web's) or a head that is cut off, it leaks about 200 bytes a request, and it checks
/// certificates against those of the system, whatever a delegate says.
@available(GRPCWeb 1.0, *)
public final class GRPCWebURLSessionAdapter: GRPCWebHTTPClient {
  private let session: URLSession
  private let delegate: URLSessionExchangeDelegate

  /// Creates an adapter with a session of its own.
  ///
  /// - Parameters:
  ///   - configuration: The configuration of the session. With `nil`, the session stores nothing,
  ///     waits without limit for the next message of a stream, and opens as many connections as
  ///     there are calls.
  ///   - delegate: Answers the session's authentication challenges: for a server's certificate to
  ///     trust or to compare with a known one (`NSURLAuthenticationMethodServerTrust`), a client
  ///     certificate to send, a password. Only its methods for challenges are called. The session
  ///     keeps a reference to the delegate.
  public init(
    configuration: URLSessionConfiguration? = nil,
    delegate: (any URLSessionDelegate)? = nil
  ) {
    self.delegate = URLSessionExchangeDelegate(challenged: delegate)
    self.session = URLSession(
      configuration: configuration ?? Self.ownConfiguration,
      delegate: self.delegate,
      delegateQueue: nil
    )
  }

  deinit {
    // A session keeps its delegate until the session is invalidated.
    self.session.invalidateAndCancel()
  }

  private static var ownConfiguration: URLSessionConfiguration {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpMaximumConnectionsPerHost = 1024
    // This timeout limits the time between two messages. gRPC Swift enforces the deadline of a
    // call.
    configuration.timeoutIntervalForRequest = 7 * 24 * 60 * 60
    return configuration
  }

  /// `false`: URLSession can't send a body while it is written on all platforms.
  public var streamsRequests: Bool {
    false
  }

  /// Makes one HTTP exchange.
  ///
  /// See `GRPCWebHTTPClient`.
  public func execute(
    _ request: HTTPRequest,
    body: GRPCWebRequestBody,
    handleResponse: (
      _ response: HTTPResponse,
      _ nextBytes: () async throws -> ByteBuffer?
    ) async throws -> Void
  ) async throws {
    guard case .complete(let bytes) = body else {
      throw RPCError(code: .unimplemented, message: "URLSession can't stream a request.")
    }
    guard let urlRequest = URLRequest(request, body: Data(bytes.readableBytesView)) else {
      throw RPCError(code: .invalidArgument, message: "The URL of the server isn't valid.")
    }

    for _ in 1 ..< Self.maximumSends {
      do {
        return try await self.execute(urlRequest, handleResponse: handleResponse)
      } catch is RequestNotSent {
        continue
      }
    }
    do {
      try await self.execute(urlRequest, handleResponse: handleResponse)
    } catch is RequestNotSent {
      throw GRPCWebHTTPFailure(
        .connectionLost,
        detail: "The server closed each connection before the request was sent."
      )
    }
  }

  /// The number of times to send a request whose connection proves to be closed.
  private static let maximumSends = 3

  private func execute(
    _ urlRequest: URLRequest,
    handleResponse: (
      _ response: HTTPResponse,
      _ nextBytes: () async throws -> ByteBuffer?
    ) async throws -> Void
  ) async throws {
    let task = self.session.dataTask(with: urlRequest)
    let exchange = URLSessionExchange(task: task)
    self.delegate.add(exchange, for: task)
    defer { exchange.cancel() }

    try await withTaskCancellationHandler {
      task.resume()
      let response = try await exchange.response()
      try await handleResponse(response) {
        try await exchange.nextBytes()
      }
    } onCancel: {
      exchange.cancel()
    }
  }

  /// Cancels all HTTP exchanges and invalidates the session.
  public func shutdown() async throws {
    self.session.invalidateAndCancel()
  }
}

extension URLRequest {
  fileprivate init?(_ request: HTTPRequest, body: Data) {
    guard let url = URL(string: request.url) else {
      return nil
    }
    self.init(url: url)
    self.httpMethod = "POST"
    self.httpBody = body
    for field in request.headerFields {
      self.addValue(field.value, forHTTPHeaderField: field.name.rawName)
    }
  }
}
