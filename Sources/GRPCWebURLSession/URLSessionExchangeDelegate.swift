internal import Foundation
internal import GRPCCore
internal import GRPCWeb
internal import HTTPTypes
internal import NIOCore
internal import Synchronization

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// Passes the events of a session's tasks to their HTTP exchanges.
@available(GRPCWeb 1.0, *)
final class URLSessionExchangeDelegate: NSObject, URLSessionDataDelegate {
  private let exchanges = Mutex<[Int: URLSessionExchange]>([:])
  /// The delegate of the app that answers authentication challenges, also those of TLS.
  private let challenged: (any URLSessionDelegate)?

  init(challenged: (any URLSessionDelegate)?) {
    self.challenged = challenged
  }

  /// Adds the HTTP exchange of a task, before the task is resumed.
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
    // On platforms that aren't Apple's, informational responses arrive here, too, before the
    // response.
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
    // Redirections aren't followed: an attempt at a call is one HTTP request, and the redirection
    // is its response.
    completionHandler(nil)
  }

  func urlSession(
    _ session: URLSession,
    task: URLSessionTask,
    didCompleteWithError error: (any Error)?
  ) {
    let exchange = self.exchanges.withLock { $0.removeValue(forKey: task.taskIdentifier) }
    // On platforms that aren't Apple's, the response of a redirection without a target isn't passed
    // to the delegate before the end of the task.
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
    // URLSession asks for a new body when a reused connection proves to be closed and the request
    // is sent over another. It would omit the body, which isn't a stream, and the server would wait
    // for the body.
    self.exchange(of: task)?.sendAgain()
    completionHandler(nil)
  }
  #endif
}

@available(GRPCWeb 1.0, *)
extension URLSessionExchangeDelegate {
  private static func failure(of error: any Error) -> any Error {
    // libcurl refuses a head with an unknown content coding, without naming the coding.
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
    // URLSession decodes these content codings by itself.
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
