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
@available(GRPCWeb 1.0, *)
public final class URLSessionAdapter: GRPCWebHTTPClient {
  private let session: URLSession
  private let delegate: URLSessionExchangeDelegate

  /// Creates an adapter with a session of its own.
  ///
  /// - Parameter configuration: The configuration of the session. `nil` for one that keeps nothing,
  ///     waits for the next message of a stream as long as it takes, and opens as many connections
  ///     as there are calls.
  public init(configuration: URLSessionConfiguration? = nil) {
    self.delegate = URLSessionExchangeDelegate()
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
  /// See ``GRPCWeb/GRPCWebHTTPClient``.
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
    guard let urlRequest = URLRequest(request, body: bytes) else {
      throw RPCError(code: .invalidArgument, message: "The URL of the server isn't valid.")
    }

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
  fileprivate init?(_ request: HTTPRequest, body: ByteBuffer) {
    guard
      let url = URL(
        string: "\(request.scheme ?? "http")://\(request.authority ?? "")\(request.path ?? "/")"
      )
    else {
      return nil
    }
    self.init(url: url)
    self.httpMethod = "POST"
    self.httpBody = Data(body.readableBytesView)
    for field in request.headerFields {
      self.addValue(field.value, forHTTPHeaderField: field.name.rawName)
    }
  }
}
