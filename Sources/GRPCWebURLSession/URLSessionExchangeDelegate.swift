internal import Foundation
internal import GRPCCore
internal import GRPCWeb
internal import HTTPTypes
internal import NIOCore
internal import Synchronization

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// Tells the exchanges of a session what arrives for them.
@available(GRPCWeb 1.0, *)
final class URLSessionExchangeDelegate: NSObject, URLSessionDataDelegate {
  private let exchanges = Mutex<[Int: URLSessionExchange]>([:])

  /// Adds the exchange that a task makes, before the task is resumed.
  func add(_ exchange: URLSessionExchange, for task: URLSessionTask) {
    self.exchanges.withLock { $0[task.taskIdentifier] = exchange }
  }

  private func exchange(of task: URLSessionTask) -> URLSessionExchange? {
    self.exchanges.withLock { $0[task.taskIdentifier] }
  }

  func urlSession(
    _ session: URLSession,
    dataTask: URLSessionDataTask,
    didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    if let response = response as? HTTPURLResponse {
      self.exchange(of: dataTask)?.receive(HTTPResponse(response))
    }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    self.exchange(of: dataTask)?.receive(data)
  }

  func urlSession(
    _ session: URLSession,
    task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    // One HTTP request an attempt; a redirection is an answer, and not one to a call.
    completionHandler(nil)
  }

  func urlSession(
    _ session: URLSession,
    task: URLSessionTask,
    didCompleteWithError error: (any Error)?
  ) {
    let exchange = self.exchanges.withLock { $0.removeValue(forKey: task.taskIdentifier) }
    exchange?.end(
      with: error.map {
        RPCError(
          code: .unavailable,
          message: "The HTTP request failed: \($0.localizedDescription)",
          cause: $0
        )
      }
    )
  }
}

extension HTTPResponse {
  fileprivate init(_ response: HTTPURLResponse) {
    var fields = HTTPFields()
    for (name, value) in response.allHeaderFields {
      guard let name = name as? String, let value = value as? String,
        let name = HTTPField.Name(name)
      else {
        continue
      }
      fields.append(HTTPField(name: name, value: value))
    }
    self.init(status: Status(code: response.statusCode), headerFields: fields)
  }
}
