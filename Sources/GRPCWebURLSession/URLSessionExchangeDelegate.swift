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
  /// Answers authentication challenges, that of TLS among them, if anybody does.
  private let challenged: (any URLSessionDelegate)?

  init(challenged: (any URLSessionDelegate)?) {
    self.challenged = challenged
  }

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
    // Outside of Apple's platforms informational responses come here, too; the response is still to
    // follow.
    if let response = response as? HTTPURLResponse, response.statusCode >= 200 {
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
    // Outside of Apple's platforms a redirection to nowhere is kept from the method above.
    if error == nil, let response = task.response as? HTTPURLResponse {
      exchange?.receiveLate(HTTPResponse(response))
    }
    exchange?.end(with: error.map { Self.failure(of: $0) })
  }

  #if canImport(FoundationNetworking)
  func urlSession(
    _ session: URLSession,
    task: URLSessionTask,
    needNewBodyStream completionHandler: @escaping @Sendable (InputStream?) -> Void
  ) {
    // Asked when a connection that was kept proves to be closed, and the request is to go over another.
    // Its body, which isn't a stream, would be left out, and the server wait for it.
    self.exchange(of: task)?.sendAgain()
    completionHandler(nil)
  }
  #endif
}

@available(GRPCWeb 1.0, *)
extension URLSessionExchangeDelegate {
  private static func failure(of error: any Error) -> any Error {
    // libcurl reads no head with a coding that it doesn't know, and doesn't say which it is.
    guard error.localizedDescription.lowercased().contains("content encoding") else {
      return GRPCWebHTTPFailure(ofURLSession: error)
    }
    return RPCError(
      code: .internalError,
      message: """
        The response has a content coding, though none was asked for ('accept-encoding: identity'): \
        \(error.localizedDescription)
        """,
      cause: error
    )
  }
}

// Challenges

@available(GRPCWeb 1.0, *)
extension URLSessionExchangeDelegate {
  typealias ChallengeHandler =
    @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void

  func urlSession(
    _ session: URLSession,
    didReceive challenge: URLAuthenticationChallenge,
    completionHandler: @escaping ChallengeHandler
  ) {
    #if canImport(FoundationNetworking)
    guard let challenged = self.challenged else {
      completionHandler(.performDefaultHandling, nil)
      return
    }
    challenged.urlSession(session, didReceive: challenge, completionHandler: completionHandler)
    #else
    let answer: Void? = self.challenged?.urlSession?(
      session,
      didReceive: challenge,
      completionHandler: completionHandler
    )
    if answer == nil {
      completionHandler(.performDefaultHandling, nil)
    }
    #endif
  }

  func urlSession(
    _ session: URLSession,
    task: URLSessionTask,
    didReceive challenge: URLAuthenticationChallenge,
    completionHandler: @escaping ChallengeHandler
  ) {
    let challenged = self.challenged as? any URLSessionTaskDelegate
    #if canImport(FoundationNetworking)
    guard let challenged = challenged else {
      completionHandler(.performDefaultHandling, nil)
      return
    }
    challenged.urlSession(
      session,
      task: task,
      didReceive: challenge,
      completionHandler: completionHandler
    )
    #else
    let answer: Void? = challenged?.urlSession?(
      session,
      task: task,
      didReceive: challenge,
      completionHandler: completionHandler
    )
    if answer == nil {
      completionHandler(.performDefaultHandling, nil)
    }
    #endif
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
    // These it decodes by itself.
    if let coding = fields[.contentEncoding]?.lowercased(), Self.decodedCodings.contains(coding) {
      fields[.contentEncoding] = nil
    }
    self.init(status: Status(code: response.statusCode), headerFields: fields)
  }

  #if canImport(FoundationNetworking)
  private static var decodedCodings: [String] { ["gzip", "deflate"] }
  #else
  private static var decodedCodings: [String] { ["gzip", "deflate", "br"] }
  #endif
}
