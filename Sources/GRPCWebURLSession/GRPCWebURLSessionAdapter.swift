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
/// Runs no event loops of its own. A response is delivered as it arrives. While nobody reads it, its
/// task is suspended after 64 KiB on Apple's platforms. Elsewhere URLSession can't do that: there a
/// call fails with `resourceExhausted` once 16 MiB of its response haven't been read.
///
/// Outside of Apple's platforms Foundation's URLSession has faults that nothing here can mend, so that
/// AsyncHTTPClient is the better choice there. It ends the process when a response has trailers of HTTP's
/// (not gRPC-Web's), or a head that is cut off; and it leaks about 200 bytes a request. Certificates are
/// checked against those of the system, whatever a delegate says.
@available(GRPCWeb 1.0, *)
public final class GRPCWebURLSessionAdapter: GRPCWebHTTPClient {
  private let session: URLSession
  private let delegate: URLSessionExchangeDelegate

  /// Creates an adapter with a session of its own.
  ///
  /// - Parameters:
  ///   - configuration: The configuration of the session. `nil` for one that keeps nothing, waits for
  ///     the next message of a stream as long as it takes, and opens as many connections as there are
  ///     calls.
  ///   - delegate: Answers the session's authentication challenges: a server's certificate to trust, or
  ///     to compare with one known (`NSURLAuthenticationMethodServerTrust`), a client certificate to
  ///     send, a password. Of its methods those for challenges are called, and no others. The session
  ///     keeps it.
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
    // A session keeps its delegate until it is told to let go.
    self.session.invalidateAndCancel()
  }

  private static var ownConfiguration: URLSessionConfiguration {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpMaximumConnectionsPerHost = 1024
    // The time between two messages. A call's own deadline is gRPC Swift's to keep.
    configuration.timeoutIntervalForRequest = 7 * 24 * 60 * 60
    return configuration
  }

  /// `false`: URLSession can't send a body while it is written, not on all platforms.
  public var streamsRequests: Bool {
    false
  }

  /// Makes one exchange.
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

  /// How often a request is sent whose connection proves to be closed.
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

  /// Cancels all exchanges and lets go of the session.
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
